#include "platform/bus/rabbitmq_shared_connection.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/scope_exit.hpp"

namespace platform::rabbitmq {
namespace {

constexpr int kNoSocket = -1;
// Who has called once is likely to call again: the keeper leaves the reading to it for as long.
constexpr base::Duration kWaitersMayCome = std::chrono::seconds{1};

int milliseconds_of(base::Duration duration) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(duration);
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 3'600'000));
}

void wait_for_bytes(int socket, base::Duration limit) {
  pollfd descriptor{socket, POLLIN, 0};
  ::poll(&descriptor, 1, milliseconds_of(limit));
}

}  // namespace

// rabbitmq-c sends its heartbeats from within next().
SharedConnection::SharedConnection(const Runtime& runtime, base::Duration heartbeat,
                                   LinkOwner& owner)
    : clock_(runtime.clock),
      pulse_(heartbeat / 3),
      owner_(owner),
      wake_descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      waiter_left_(runtime.executor.make_event()) {
  if (wake_descriptor_ < 0)
    throw base::Error(base::ErrorKind::internal, "An unexpected error occurred.", "eventfd failed");
}

SharedConnection::~SharedConnection() { ::close(wake_descriptor_); }

void SharedConnection::lend(Connection& connection) {
  const std::lock_guard lock(mutex_);
  connection_ = &connection;
  failure_.reset();
  waiter_read_at_ = {};
}

void SharedConnection::take_back() {
  {
    const std::lock_guard lock(mutex_);
    if (waiter_reads_) connection_->wake_reader();
    connection_ = nullptr;
    if (!waiter_reads_) return;
  }
  waiter_left_->wait_until(kNever);
}

base::SteadyTime SharedConnection::exchange() {
  const std::lock_guard lock(mutex_);
  if (failure_) throw base::Error(*failure_);
  const base::SteadyTime due = owner_.send(*connection_);
  // What the library has read meanwhile no waiter hears of from the socket.
  if (!waiter_reads_ || connection_->has_read()) receive();
  return due;
}

void SharedConnection::receive() {
  while (auto incoming = connection_->next()) owner_.received(*connection_, std::move(*incoming));
}

void SharedConnection::wait(base::SteadyTime due) {
  const base::SteadyTime now = clock_.steady();
  int socket = kNoSocket;
  bool may_be_read = false;
  {
    const std::lock_guard lock(mutex_);
    if (!waiter_reads_) socket = connection_->descriptor();
    may_be_read = now - waiter_read_at_ < kWaitersMayCome && !owner_.expects();
  }
  due = std::min(due, now + pulse_);
  if (socket == kNoSocket || may_be_read) due = std::min(due, now + kWaitersMayCome);
  // The end of the connection is the keeper's to see even then.
  wait_for(socket, may_be_read ? POLLRDHUP : POLLIN, due);
}

void SharedConnection::pause(base::SteadyTime due) { wait_for(kNoSocket, 0, due); }

void SharedConnection::wait_for(int socket, short events, base::SteadyTime due) {
  pollfd descriptors[] = {{wake_descriptor_, POLLIN, 0}, {socket, events, 0}};
  ::poll(descriptors, socket == kNoSocket ? 1 : 2, milliseconds_of(due - clock_.steady()));
  if (descriptors[0].revents == 0) return;
  uint64_t wakes = 0;
  [[maybe_unused]] const ssize_t taken = ::read(wake_descriptor_, &wakes, sizeof wakes);
}

void SharedConnection::wake() {
  const uint64_t one = 1;
  // It fails only when it has been woken already.
  [[maybe_unused]] const ssize_t written = ::write(wake_descriptor_, &one, sizeof one);
}

bool SharedConnection::try_use(const std::function<void(Connection&)>& use) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || connection_ == nullptr || failure_ || !connection_->takes_bytes()) return false;
  try {
    use(*connection_);
  } catch (const base::Error& error) {
    failure_ = error;
  }
  // The keeper waits for the socket, which says nothing of either.
  if (failure_ || connection_->has_read()) wake();
  return true;
}

bool SharedConnection::read_until(const std::function<bool()>& done, base::SteadyTime deadline) {
  Connection* const connection = begin_reading();
  if (connection == nullptr) return false;
  const base::ScopeExit end([this] { end_reading(); });
  while (!done()) {
    const base::SteadyTime now = clock_.steady();
    if (now >= deadline) break;
    wait_for_bytes(connection->descriptor(), std::min(deadline, now + pulse_) - now);
    if (!receive_as_waiter()) break;
  }
  return true;
}

Connection* SharedConnection::begin_reading() {
  const std::lock_guard lock(mutex_);
  if (connection_ == nullptr || failure_ || waiter_reads_) return nullptr;
  waiter_reads_ = true;
  return connection_;
}

void SharedConnection::end_reading() {
  const std::lock_guard lock(mutex_);
  waiter_reads_ = false;
  waiter_read_at_ = clock_.steady();
  if (connection_ == nullptr)
    waiter_left_->set();
  else if (owner_.expects())
    wake();
}

bool SharedConnection::receive_as_waiter() {
  const std::lock_guard lock(mutex_);
  if (connection_ == nullptr || failure_) return false;
  try {
    receive();
    return true;
  } catch (const base::Error& error) {
    failure_ = error;
    wake();
    return false;
  }
}

}  // namespace platform::rabbitmq
