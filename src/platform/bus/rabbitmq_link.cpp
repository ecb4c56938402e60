#include "platform/bus/rabbitmq_link.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "platform/health.hpp"
#include "platform/log.hpp"

namespace platform::rabbitmq {
namespace {

constexpr base::Duration kStopLimit = std::chrono::seconds{5};
constexpr int kNoSocket = -1;
// Who has called once is likely to call again: the thread leaves the reading to it for as long.
constexpr base::Duration kWaitersMayCome = std::chrono::seconds{1};
// rabbitmq-c sends its heartbeats from within next(), which is called so often at least.
base::Duration pulse_of(const RabbitmqOptions& options) { return options.heartbeat / 3; }

int milliseconds_of(base::Duration duration) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(duration);
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 3'600'000));
}

void wait_for_bytes(int socket, base::Duration limit) {
  pollfd descriptor{socket, POLLIN, 0};
  ::poll(&descriptor, 1, milliseconds_of(limit));
}
constexpr metrics::Description kConnected{"nephele_bus_connected",
                                          "1 if there is a connection to the message queue."};
constexpr metrics::Description kLost{"nephele_bus_connection_failures_total",
                                     "Connections to the message queue that failed or were lost."};

}  // namespace

Link::Link(Runtime runtime, RabbitmqOptions options, std::string purpose, LinkOwner& owner,
           Workers* workers)
    : runtime_(std::move(runtime)),
      options_(std::move(options)),
      purpose_(std::move(purpose)),
      part_(fmt::format("message queue of {} ({})", options_.exchange, purpose_)),
      up_(metrics::registry().gauge(kConnected,
                                    {{"exchange", options_.exchange}, {"purpose", purpose_}})),
      owner_(owner),
      workers_(workers),
      wake_descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      waiter_left_(runtime_.executor.make_event()),
      turns_ended_(runtime_.executor.make_event()) {
  if (wake_descriptor_ < 0)
    throw base::Error(base::ErrorKind::internal, "An unexpected error occurred.", "eventfd failed");
}

Link::~Link() {
  stop();
  health().mend(part_);
  ::close(wake_descriptor_);
}

void Link::start() {
  thread_ = runtime_.executor.start("amqp " + purpose_, [this] { run(); });
}

void Link::stop() {
  stop_limit_ = (runtime_.clock.steady() + kStopLimit).since_start.count();
  stopping_ = true;
  wake();
  thread_.reset();
}

void Link::set_connected(bool connected, const std::string& reason) {
  connected_ = connected;
  up_.set(connected ? 1 : 0);
  if (connected)
    health().mend(part_);
  else
    health().report(part_, reason);
}

void Link::wake() {
  const uint64_t one = 1;
  // It fails only when it has been woken already.
  [[maybe_unused]] const ssize_t written = ::write(wake_descriptor_, &one, sizeof one);
}

bool Link::try_use(const std::function<void(Connection&)>& use) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || connection_ == nullptr || failure_ || !connection_->takes_bytes()) return false;
  try {
    use(*connection_);
  } catch (const base::Error& error) {
    failure_ = error;
  }
  // The thread waits for the socket, which says nothing of either.
  if (failure_ || connection_->has_read()) wake();
  return true;
}

bool Link::read_until(const std::function<bool()>& done, base::SteadyTime deadline) {
  Connection* const connection = begin_reading();
  if (connection == nullptr) return false;
  const base::ScopeExit end([this] { end_reading(); });
  while (!done()) {
    const base::SteadyTime now = runtime_.clock.steady();
    if (now >= deadline) break;
    wait_for_bytes(connection->descriptor(), std::min(deadline, now + pulse_of(options_)) - now);
    if (!receive_as_waiter(*connection)) break;
  }
  return true;
}

Connection* Link::begin_reading() {
  const std::lock_guard lock(mutex_);
  if (connection_ == nullptr || failure_ || waiter_reads_) return nullptr;
  waiter_reads_ = true;
  return connection_;
}

void Link::end_reading() {
  const std::lock_guard lock(mutex_);
  waiter_reads_ = false;
  waiter_read_at_ = runtime_.clock.steady();
  if (connection_ == nullptr)
    waiter_left_->set();
  else if (owner_.expects())
    wake();
}

bool Link::receive_as_waiter(Connection& connection) {
  const std::lock_guard lock(mutex_);
  if (connection_ == nullptr || failure_) return false;
  try {
    receive(connection);
    return true;
  } catch (const base::Error& error) {
    failure_ = error;
    wake();
    return false;
  }
}

void Link::lend(Connection& connection) {
  const std::lock_guard lock(mutex_);
  connection_ = &connection;
  failure_.reset();
  waiter_read_at_ = {};
}

void Link::take_back(Connection& connection) {
  {
    const std::lock_guard lock(mutex_);
    connection_ = nullptr;
    if (!waiter_reads_) return;
  }
  connection.wake_reader();
  waiter_left_->wait_until(kNever);
}

bool Link::may_end() {
  if (!stopping_) return false;
  return owner_.has_finished() || runtime_.clock.steady().since_start.count() >= stop_limit_;
}

void Link::run() {
  base::Duration pause = options_.retry_interval;
  for (size_t attempt = 0; !may_end(); ++attempt) {
    const auto& broker = options_.url.brokers[attempt % options_.url.brokers.size()];
    try {
      run_connection(broker);
      return;
    } catch (const base::Error& error) {
      const bool was_connected = connected_;
      set_connected(false, error.detail().empty() ? error.message() : error.detail());
      metrics::registry()
          .counter(kLost, {{"exchange", options_.exchange}, {"purpose", purpose_}})
          .add();
      owner_.disconnected();
      if (stopping_) return;
      if (was_connected) pause = options_.retry_interval;
      log_warning("message queue lost purpose={} broker={}:{} error={}", purpose_, broker.host,
                  broker.port, error.detail());
    }
    // Each broker of the list is tried before it waits.
    if ((attempt + 1) % options_.url.brokers.size() != 0) continue;
    const base::SteadyTime again = runtime_.clock.steady() + pause;
    while (!stopping_ && runtime_.clock.steady() < again) {
      wait(kNoSocket, 0, again);
      owner_.disconnected();
    }
    pause = std::min(pause * 2, options_.longest_retry_interval);
  }
}

void Link::run_connection(const TransportUrl::Broker& broker) {
  Connection connection(
      options_, broker,
      fmt::format("nephele {} {} {} {}", options_.exchange, purpose_, runtime_.host, ::getpid()));
  owner_.connected(connection);
  set_connected(true);
  log_info("message queue connected purpose={} exchange={} broker={}:{}", purpose_,
           options_.exchange, broker.host, broker.port);
  {
    lend(connection);
    const base::ScopeExit take_back([&] { this->take_back(connection); });
    serve(connection);
  }
  set_connected(false, "it ends");
  connection.close();
  owner_.disconnected();
}

void Link::serve(Connection& connection) {
  if (workers_ == nullptr) {
    (void)read(connection);
    return;
  }
  lost_.reset();
  workers_->post([this, &connection] { read_in_turn(connection); });
  turns_ended_->wait_until(kNever);
  if (lost_) throw base::Error(*lost_);
}

void Link::read_in_turn(Connection& connection) {
  std::function<void()> job;
  try {
    job = read(connection);
  } catch (const base::Error& error) {
    lost_ = error;
  }
  if (!job) {
    turns_ended_->set();
    return;
  }
  workers_->post([this, &connection] { read_in_turn(connection); });
  job();
}

std::function<void()> Link::read(Connection& connection) {
  while (!may_end()) {
    const base::SteadyTime due = exchange(connection);
    if (auto job = owner_.take_job()) return job;
    if (may_end()) break;
    wait_for_more(connection, due);
  }
  return nullptr;
}

base::SteadyTime Link::exchange(Connection& connection) {
  const std::lock_guard lock(mutex_);
  if (failure_) throw base::Error(*failure_);
  const base::SteadyTime due = owner_.send(connection);
  // What the library has read meanwhile no waiter hears of from the socket.
  if (!waiter_reads_ || connection.has_read()) receive(connection);
  return due;
}

void Link::receive(Connection& connection) {
  while (auto incoming = connection.next()) owner_.received(connection, std::move(*incoming));
}

void Link::wait_for_more(Connection& connection, base::SteadyTime due) {
  const base::SteadyTime now = runtime_.clock.steady();
  bool is_read = false, may_be_read = false;
  {
    const std::lock_guard lock(mutex_);
    is_read = waiter_reads_;
    may_be_read = now - waiter_read_at_ < kWaitersMayCome && !owner_.expects();
  }
  due = std::min(due, now + pulse_of(options_));
  if (is_read || may_be_read) due = std::min(due, now + kWaitersMayCome);
  wait(is_read ? kNoSocket : connection.descriptor(), may_be_read ? POLLRDHUP : POLLIN, due);
}

void Link::wait(int socket, short events, base::SteadyTime due) {
  if (stopping_) due = std::min(due, runtime_.clock.steady() + std::chrono::milliseconds{50});
  pollfd descriptors[] = {{wake_descriptor_, POLLIN, 0}, {socket, events, 0}};
  ::poll(descriptors, socket == kNoSocket ? 1 : 2, milliseconds_of(due - runtime_.clock.steady()));
  if (descriptors[0].revents == 0) return;
  uint64_t wakes = 0;
  [[maybe_unused]] const ssize_t taken = ::read(wake_descriptor_, &wakes, sizeof wakes);
}

}  // namespace platform::rabbitmq
