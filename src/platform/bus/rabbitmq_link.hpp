// A connection that is kept: a thread that connects to one broker of the list after another, hands
// on what comes, and sends what its owner has, until it is stopped. Others may read in its place,
// so that no message waits for another thread to wake up: workers in turn, where whoever has read a
// message handles it and lets the next one read on, or who waits for an answer.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "platform/bus/rabbitmq_connection.hpp"
#include "platform/bus/rabbitmq_workers.hpp"
#include "platform/metrics.hpp"
#include "platform/runtime.hpp"

namespace platform::rabbitmq {

// Called by one thread at a time, never while try_use() uses the connection. What is thrown by the
// first three ends the connection.
class LinkOwner {
 public:
  virtual ~LinkOwner() = default;
  virtual void connected(Connection& connection) = 0;
  virtual void received(Connection& connection, Incoming incoming) = 0;
  // Sends what waits. When it wants to be called again without a wake(), if at all.
  virtual base::SteadyTime send(Connection& connection) = 0;
  // What whoever reads is to do itself of that which was received, once a worker reads on.
  [[nodiscard]] virtual std::function<void()> take_job() { return nullptr; }
  // Whether something is to come for which nobody waits in read_until().
  [[nodiscard]] virtual bool expects() { return false; }
  // There is no connection now; called again when woken meanwhile.
  virtual void disconnected() = 0;
  // Whether a link that is being stopped may go.
  [[nodiscard]] virtual bool has_finished() = 0;
};

class Link {
 public:
  // Starts with start(): the owner must be complete by then. The workers outlive it.
  Link(Runtime runtime, RabbitmqOptions options, std::string purpose, LinkOwner& owner,
       Workers* workers = nullptr);
  // Stops.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void start();
  // Connects no more, and ends when the owner has finished, or after a few seconds anyway.
  void stop();
  // Makes it call send(). Thread-safe, never blocks.
  void wake();
  // Runs `use`, which sends a few kilobytes at most, on the calling thread: no other needs to wake
  // up for it. False, and nothing is done, when there is no connection, somebody uses it, or it
  // takes no more bytes now. What `use` throws ends the connection. Thread-safe, never blocks.
  [[nodiscard]] bool try_use(const std::function<void(Connection&)>& use);
  // Reads on the calling thread what comes, for all, until `done`, the deadline, or the end of the
  // connection. False at once when there is none, or somebody else reads so. Without workers only.
  // Thread-safe; the link outlives it.
  bool read_until(const std::function<bool()>& done, base::SteadyTime deadline);
  // Whether somebody is in read_until().
  [[nodiscard]] bool is_read() const { return waiter_reads_; }
  [[nodiscard]] bool is_connected() const { return connected_; }

 private:
  void run();
  void run_connection(const TransportUrl::Broker& broker);
  void serve(Connection& connection);
  void read_in_turn(Connection& connection);
  // Until there is a job, which it returns, or until the link may end.
  [[nodiscard]] std::function<void()> read(Connection& connection);
  // Sends and receives what there is. When it is to be called again at the latest.
  [[nodiscard]] base::SteadyTime exchange(Connection& connection);
  void receive(Connection& connection);
  [[nodiscard]] Connection* begin_reading();
  void end_reading();
  // False: the connection is of no use any more.
  [[nodiscard]] bool receive_as_waiter(Connection& connection);
  void lend(Connection& connection);
  void take_back(Connection& connection);
  // Waits for a wake, for what is to be read of the connection, or until `due`.
  void wait_for_more(Connection& connection, base::SteadyTime due);
  // Waits for a wake, for `events` of `socket` if it is one, or until `due`.
  void wait(int socket, short events, base::SteadyTime due);
  [[nodiscard]] bool may_end();
  void set_connected(bool connected, const std::string& reason = "");

  Runtime runtime_;
  const RabbitmqOptions options_;
  const std::string purpose_;
  const std::string part_;  // as health checks name it
  metrics::Gauge& up_;
  LinkOwner& owner_;
  Workers* const workers_;
  int wake_descriptor_;
  std::atomic<bool> connected_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<base::Duration::rep> stop_limit_ = 0;  // steady time at which it ends anyway

  std::mutex mutex_;                    // held by whoever uses the connection
  Connection* connection_ = nullptr;    // for others than the thread, while there is one
  std::optional<base::Error> failure_;  // of others than the thread, on this connection

  std::atomic<bool> waiter_reads_ = false;  // changed under the mutex
  base::SteadyTime waiter_read_at_{};       // last; under the mutex
  const std::unique_ptr<Event> waiter_left_;

  const std::unique_ptr<Event> turns_ended_;  // no worker reads, for the link ends or is lost_
  std::optional<base::Error> lost_;

  std::unique_ptr<Task> thread_;
};

}  // namespace platform::rabbitmq
