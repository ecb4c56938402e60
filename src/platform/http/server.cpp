#include "platform/http/server.hpp"

#include <csignal>
#include <future>
#include <list>
#include <thread>

#include "platform/http/server_connection.hpp"
#include "platform/log.hpp"

namespace platform::http {
namespace {

constexpr auto kStopGrace = std::chrono::seconds{10};
// For clients whose handshake is under way, and those that have connected and not asked yet.
constexpr auto kHandshakeTime = std::chrono::milliseconds{200};
constexpr auto kFirstRequestTime = std::chrono::seconds{1};

}  // namespace

struct Server::State {
  explicit State(ServerOptions options) : context(options) {}

  // Runs `work` on the I/O thread and waits for it.
  void on_io_thread(const std::function<void()>& work);
  void add(const std::shared_ptr<Endpoint>& endpoint);
  void close_endpoints(const std::function<bool(const Endpoint&)>& chosen);
  void turn_newcomers_away();
  void close_idle(bool also_new);
  void break_off();
  void run_io();

  ServerContext context;
  std::atomic<uint64_t> last_adopted = 0;
  asio::io_context io{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard{
      io.get_executor()};
  std::list<std::shared_ptr<Endpoint>> endpoints;  // I/O thread only
  std::thread thread;
};

void Server::State::on_io_thread(const std::function<void()>& work) {
  std::promise<void> done;
  asio::post(io, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void Server::State::add(const std::shared_ptr<Endpoint>& endpoint) {
  on_io_thread([&] {
    endpoints.push_back(endpoint);
    endpoint->accept([this](Newcomer newcomer) {
      std::make_shared<Connection>(context, std::move(newcomer))->start();
    });
  });
}

void Server::State::close_endpoints(const std::function<bool(const Endpoint&)>& chosen) {
  on_io_thread([&] {
    for (const auto& endpoint : endpoints)
      if (chosen(*endpoint)) endpoint->close();
    endpoints.remove_if([](const auto& endpoint) { return !endpoint->is_open(); });
  });
}

// From shared ports, while others take connections there.
void Server::State::turn_newcomers_away() {
  bool any = false;
  on_io_thread([&] {
    for (const auto& endpoint : endpoints) {
      if (!endpoint->listener().shared) continue;
      endpoint->refuse_handshakes();
      any = true;
    }
  });
  if (any) std::this_thread::sleep_for(kHandshakeTime);
}

void Server::State::close_idle(bool also_new) {
  on_io_thread([&] {
    for (const auto& connection : context.connections.list()) connection->close_if_idle(also_new);
  });
}

void Server::State::break_off() {
  on_io_thread([&] {
    for (const auto& connection : context.connections.list()) connection->break_off();
  });
}

void Server::State::run_io() {
  for (;;) {
    try {
      io.run();
      return;
    } catch (const std::exception& error) {
      log_error("http connection failed error={}", error.what());
    }
  }
}

Server::Server(ServerOptions options) : state_(std::make_unique<State>(options)) {
  // sendfile(2) has no MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  state_->thread = std::thread([state = state_.get()] { state->run_io(); });
}

// What throws here (no memory) leaves a thread that nobody could join: the process ends by it.
// NOLINTNEXTLINE(bugprone-exception-escape)
Server::~Server() {
  ServerContext& context = state_->context;
  context.draining = true;
  state_->turn_newcomers_away();
  state_->close_endpoints([](const Endpoint&) { return true; });
  state_->close_idle(false);
  if (!context.connections.wait_until_empty(kFirstRequestTime)) state_->close_idle(true);
  if (!context.connections.wait_until_empty(kStopGrace)) state_->break_off();
  context.workers.reset();
  context.stream_workers.reset();
  state_->guard.reset();
  state_->thread.join();
}

uint16_t Server::listen(Listener listener) {
  const auto endpoint = std::make_shared<Endpoint>(state_->io, std::move(listener));
  state_->add(endpoint);
  return endpoint->listener().port;
}

uint64_t Server::adopt(int listening_socket, Handler handler) {
  const auto endpoint = std::make_shared<Endpoint>(state_->io, listening_socket, std::move(handler),
                                                   ++state_->last_adopted);
  state_->add(endpoint);
  return endpoint->adopted();
}

void Server::release(uint64_t adopted) {
  state_->close_endpoints([=](const Endpoint& endpoint) { return endpoint.adopted() == adopted; });
}

void Server::close(uint16_t port) {
  state_->close_endpoints([=](const Endpoint& endpoint) {
    return endpoint.adopted() == 0 && endpoint.listener().port == port;
  });
}

}  // namespace platform::http
