// A connection that threads share, one at a time. Its keeper sends what the owner has and waits for
// what comes; others may send on it themselves, or read it while they wait for an answer, so that
// no message waits for another thread to wake up.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/error.hpp"
#include "platform/bus/rabbitmq_link_owner.hpp"
#include "platform/runtime.hpp"

namespace platform::rabbitmq {

class SharedConnection {
 public:
  // It is read once per `heartbeat` at least, as long as there is one.
  SharedConnection(const Runtime& runtime, base::Duration heartbeat, LinkOwner& owner);
  ~SharedConnection();
  SharedConnection(const SharedConnection&) = delete;
  SharedConnection& operator=(const SharedConnection&) = delete;

  // For the keeper. From lend() to take_back(), which waits until nobody else has it, there is one.
  void lend(Connection& connection);
  void take_back();
  // Sends and receives what there is. When it is to be called again at the latest. Throws also what
  // others met.
  [[nodiscard]] base::SteadyTime exchange();
  // Waits for a wake, for what is to be read, or until `due`.
  void wait(base::SteadyTime due);
  // The same while there is no connection.
  void pause(base::SteadyTime due);

  // For others; thread-safe. Makes the keeper call exchange(). Never blocks.
  void wake();
  // Runs `use`, which sends a few kilobytes at most, on the calling thread. False, and nothing is
  // done, when there is no connection, somebody uses it, or it takes no more bytes now. What `use`
  // throws ends the connection. Never blocks.
  [[nodiscard]] bool try_use(const std::function<void(Connection&)>& use);
  // Reads on the calling thread what comes, for all, until `done`, the deadline, or the end of the
  // connection. False at once when there is none, or somebody else is in here.
  [[nodiscard]] bool read_until(const std::function<bool()>& done, base::SteadyTime deadline);
  // Whether somebody is in read_until().
  [[nodiscard]] bool is_read() const { return waiter_reads_; }

 private:
  [[nodiscard]] Connection* begin_reading();
  void end_reading();
  // False: the connection is of no use any more.
  [[nodiscard]] bool receive_as_waiter();
  void receive();
  void wait_for(int socket, short events, base::SteadyTime due);

  Clock& clock_;
  const base::Duration pulse_;
  LinkOwner& owner_;
  int wake_descriptor_;

  std::mutex mutex_;                    // held by whoever uses the connection
  Connection* connection_ = nullptr;    // while there is one
  std::optional<base::Error> failure_;  // that others than the keeper met

  std::atomic<bool> waiter_reads_ = false;  // changed under the mutex
  base::SteadyTime waiter_read_at_{};       // last; under the mutex
  const std::unique_ptr<Event> waiter_left_;
};

}  // namespace platform::rabbitmq
