#include "platform/database/cutting_proxy.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/scope_exit.hpp"

namespace platform {
namespace {

constexpr int kTickMilliseconds = 50;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

int make_socket() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

const sockaddr* as_sockaddr(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

bool is_readable(int descriptor) {
  pollfd waiting{descriptor, POLLIN, 0};
  return ::poll(&waiting, 1, kTickMilliseconds) > 0;
}

// What is there to read; empty at the end.
std::string receive(int descriptor) {
  std::string bytes(65536, '\0');
  const ssize_t size = ::recv(descriptor, bytes.data(), bytes.size(), 0);
  bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return bytes;
}

bool send_all(int descriptor, const std::string& bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t size = ::send(descriptor, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return false;
    sent += static_cast<size_t>(size);
  }
  return true;
}

// COM_QUERY with that text.
bool is_commit(const std::string& request) {
  return request.find(
             "\x03"
             "COMMIT") != std::string::npos;
}

}  // namespace

CuttingProxy::CuttingProxy(std::string server) : server_(std::move(server)) {
  directory_ = std::filesystem::temp_directory_path() / "nephele-proxy-XXXXXX";
  if (!::mkdtemp(directory_.data())) throw std::runtime_error("mkdtemp");
  listener_ = make_socket();
  const sockaddr_un address = address_of(socket());
  if (::bind(listener_, as_sockaddr(address), sizeof address) != 0 || ::listen(listener_, 16) != 0)
    throw std::runtime_error("bind");
  acceptor_ = std::thread([this] { accept_all(); });
}

CuttingProxy::~CuttingProxy() {
  stopping_ = true;
  let_go();
  acceptor_.join();
  for (std::thread& connection : connections_) connection.join();
  ::close(listener_);
  std::filesystem::remove_all(directory_);
}

void CuttingProxy::let_go() {
  {
    const std::lock_guard lock(mutex_);
    may_go_ = true;
  }
  changed_.notify_all();
}

void CuttingProxy::accept_all() {
  while (!stopping_) {
    if (!is_readable(listener_)) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) connections_.emplace_back([this, client] { serve(client); });
  }
}

void CuttingProxy::serve(int client) {
  const base::ScopeExit close_client([&] { ::close(client); });
  const int server = make_socket();
  const base::ScopeExit close_server([&] { ::close(server); });
  const sockaddr_un address = address_of(server_);
  if (::connect(server, as_sockaddr(address), sizeof address) != 0) return;
  while (!stopping_) {
    std::array<pollfd, 2> waiting{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), kTickMilliseconds) <= 0) continue;
    if (waiting[0].revents != 0) {
      std::string request = receive(client);
      if (request.empty() || !forward_to_server(client, server, request)) return;
    }
    if (waiting[1].revents != 0) {
      const std::string answer = receive(server);
      if (answer.empty() || !send_all(client, answer)) return;
    }
  }
}

// False: the connection ends here.
bool CuttingProxy::forward_to_server(int client, int server, std::string& request) {
  const CutAt cut = is_commit(request) ? next_cut_.exchange(CutAt::none) : CutAt::none;
  if (cut == CutAt::none) return send_all(server, request);
  ++cuts_;
  if (cut == CutAt::before_commit) return false;
  if (cut == CutAt::late_commit) {
    ::shutdown(client, SHUT_RDWR);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return may_go_; });
  }
  send_all(server, request);
  while (!stopping_ && !is_readable(server)) {
  }
  receive(server);
  return false;
}

}  // namespace platform
