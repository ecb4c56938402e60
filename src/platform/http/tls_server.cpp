#include "platform/http/tls_server.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "platform/clock.hpp"
#include "platform/executor.hpp"
#include "platform/http/tls_context.hpp"
#include "platform/http/tls_tunnel.hpp"
#include "platform/log.hpp"

namespace platform::http {
namespace {

constexpr int kMostEvents = 64;
constexpr int kLookInterval = 1000;  // milliseconds
constexpr int kStopInterval = 50;
constexpr base::Duration kReloadInterval = std::chrono::seconds{1};
constexpr base::Duration kTlsStopLimit = std::chrono::seconds{3};
constexpr std::string_view kTlsGroup = "ssl";

constexpr Option kTlsOptions[] = {
    {kTlsGroup, "cert_file", OptionType::text, "",
     "PEM file of the certificate, and of those between it and its authority, that the APIs show; "
     "they speak HTTPS then. Read again when it changes. Empty: plain HTTP."},
    {kTlsGroup, "key_file", OptionType::text, "",
     "PEM file of that certificate's key, without a passphrase"},
    {kTlsGroup, "ca_file", OptionType::text, "",
     "PEM file of the authorities from which each client must have a certificate; empty: clients "
     "need none"},
    {kTlsGroup, "ciphers", OptionType::text, "ECDHE+AESGCM:ECDHE+CHACHA20",
     "ciphers of TLS 1.2, as OpenSSL writes them; those of TLS 1.3 are OpenSSL's"},
};

}  // namespace

class TlsServer::State {
 public:
  explicit State(TlsServerOptions options)
      : options_(std::move(options)),
        context_(make_tls_context(options_)),
        stamp_(stamp_of_files(options_)),
        poll_(::epoll_create1(EPOLL_CLOEXEC)),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (poll_ < 0 || wake_ < 0)
      throw base::Error(base::ErrorKind::internal, "TLS can not be used.", "no descriptors");
    watch(EPOLL_CTL_ADD, wake_, EPOLLIN);
    thread_ = system_executor().start("tls", [this] { run(); });
  }

  ~State() {
    stopping_ = true;
    wake();
    thread_.reset();
    for (const Pair& pair : arrived_) {
      ::close(pair.client);
      ::close(pair.server);
    }
    ::close(wake_);
    ::close(poll_);
  }

  int take(int client) {
    int ends[2];
    if (count_ >= options_.connection_limit ||
        ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      log_warning("tls connection closed: there are too many count={}", count_.load());
      ::close(client);
      return -1;
    }
    ++count_;
    {
      const std::lock_guard lock(mutex_);
      arrived_.push_back({client, ends[0]});
    }
    wake();
    return ends[1];
  }

 private:
  struct Pair {
    int client;
    int server;
  };
  struct Entry {
    std::unique_ptr<TlsTunnel> tunnel;
    uint32_t client_events = 0;
    uint32_t server_events = 0;
  };

  void wake() const {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
  }

  void watch(int operation, int descriptor, uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.fd = descriptor;
    ::epoll_ctl(poll_, operation, descriptor, &event);
  }

  void run() {
    base::SteadyTime next_look = now() + std::chrono::milliseconds{kLookInterval};
    base::SteadyTime limit = kNever;
    for (;;) {
      if (stopping_ && limit == kNever) limit = now() + kTlsStopLimit;
      if (stopping_ && (entries_.empty() || now() > limit)) break;
      epoll_event events[kMostEvents];
      int timeout = entries_.empty() ? -1 : kLookInterval;
      if (stopping_) timeout = kStopInterval;
      if (!eager_.empty()) timeout = 0;
      const int count = ::epoll_wait(poll_, events, kMostEvents, timeout);
      for (int i = 0; i < count; ++i) {
        const int descriptor = events[i].data.fd;
        if (descriptor == wake_) {
          admit();
          continue;
        }
        const auto client = clients_.find(descriptor);
        if (client != clients_.end()) serve(client->second);
      }
      for (const int client : std::exchange(eager_, {})) serve(client);
      if (now() < next_look) continue;
      next_look = now() + std::chrono::milliseconds{kLookInterval};
      end_overdue();
    }
    clients_.clear();
    entries_.clear();
  }

  void admit() {
    uint64_t wakes = 0;
    [[maybe_unused]] const ssize_t taken = ::read(wake_, &wakes, sizeof wakes);
    std::deque<Pair> arrived;
    {
      const std::lock_guard lock(mutex_);
      arrived.swap(arrived_);
    }
    if (!arrived.empty()) reload();
    for (const Pair& pair : arrived) {
      Entry& entry = entries_[pair.client];
      entry.tunnel = std::make_unique<TlsTunnel>(
          context_.get(), pair.client, pair.server,
          TlsTunnel::Limits{options_.handshake_timeout, options_.stall_timeout}, now());
      clients_[pair.client] = pair.client;
      clients_[pair.server] = pair.client;
      serve(pair.client);
    }
  }

  // With what is wrong on disk the former certificate stays.
  void reload() {
    if (now() < next_reload_) return;
    next_reload_ = now() + kReloadInterval;
    const std::string stamp = stamp_of_files(options_);
    if (stamp == stamp_) return;
    stamp_ = stamp;
    try {
      context_ = make_tls_context(options_);
      log_info("tls certificate read again file={}", options_.certificate_file);
    } catch (const base::Error& error) {
      log_error("tls certificate not read again, the former stays error={}", error.what());
    }
  }

  void serve(int client) {
    const auto found = entries_.find(client);
    if (found == entries_.end()) return;
    Entry& entry = found->second;
    if (!entry.tunnel->work(now())) return end(client);
    if (entry.tunnel->has_more()) eager_.push_back(client);
    follow(entry.tunnel->client(), entry.tunnel->client_events(), entry.client_events);
    follow(entry.tunnel->server(), entry.tunnel->server_events(), entry.server_events);
  }

  void follow(int descriptor, uint32_t wanted, uint32_t& known) const {
    if (wanted == known) return;
    // One that is gone would be told again and again.
    watch(wanted == 0  ? EPOLL_CTL_DEL
          : known == 0 ? EPOLL_CTL_ADD
                       : EPOLL_CTL_MOD,
          descriptor, wanted);
    known = wanted;
  }

  void end(int client) {
    const auto found = entries_.find(client);
    clients_.erase(found->second.tunnel->server());
    clients_.erase(client);
    entries_.erase(found);
    --count_;
  }

  void end_overdue() {
    std::vector<int> overdue;
    for (const auto& [client, entry] : entries_)
      if (entry.tunnel->is_overdue(now())) overdue.push_back(client);
    for (const int client : overdue) end(client);
  }

  static base::SteadyTime now() { return system_clock().steady(); }

  const TlsServerOptions options_;
  TlsContext context_;  // of the thread
  std::string stamp_;
  base::SteadyTime next_reload_{};
  int poll_;
  int wake_;
  std::atomic<bool> stopping_ = false;
  std::atomic<size_t> count_ = 0;

  std::mutex mutex_;
  std::deque<Pair> arrived_;

  std::unordered_map<int, Entry> entries_;  // by the client's socket
  std::unordered_map<int, int> clients_;    // of either socket
  std::vector<int> eager_;                  // could go on at once
  std::unique_ptr<Task> thread_;
};

TlsServer::TlsServer(TlsServerOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}

TlsServer::~TlsServer() = default;

int TlsServer::take(int client) { return state_->take(client); }

std::span<const Option> tls_options() { return kTlsOptions; }

std::shared_ptr<TlsServer> make_tls_server(const Config& config) {
  TlsServerOptions options;
  options.certificate_file = config.text(kTlsGroup, "cert_file");
  options.key_file = config.text(kTlsGroup, "key_file");
  options.client_ca_file = config.text(kTlsGroup, "ca_file");
  options.ciphers = config.text(kTlsGroup, "ciphers");
  if (options.certificate_file.empty() != options.key_file.empty() ||
      (options.certificate_file.empty() && !options.client_ca_file.empty()))
    throw base::Error(base::ErrorKind::bad_request,
                      "set both cert_file and key_file in [ssl], or neither of them and no "
                      "ca_file");
  if (options.certificate_file.empty()) return nullptr;
  return std::make_shared<TlsServer>(std::move(options));
}

}  // namespace platform::http
