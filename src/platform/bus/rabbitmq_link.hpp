// A connection that is kept: a thread that connects to one broker of the list after another, hands
// on what comes, and sends what its owner has, until it is stopped.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "platform/bus/rabbitmq_connection.hpp"
#include "platform/metrics.hpp"
#include "platform/runtime.hpp"

namespace platform::rabbitmq {

// Called by the link's thread only. What is thrown by the first three ends the connection.
class LinkOwner {
 public:
  virtual ~LinkOwner() = default;
  virtual void connected(Connection& connection) = 0;
  virtual void received(Connection& connection, Incoming incoming) = 0;
  // Sends what waits. When it wants to be called again without a wake(), if at all.
  virtual base::SteadyTime send(Connection& connection) = 0;
  // There is no connection now; called again when woken meanwhile.
  virtual void disconnected() = 0;
  // Whether a link that is being stopped may go.
  [[nodiscard]] virtual bool has_finished() = 0;
};

class Link {
 public:
  // Starts with start(): the owner must be complete by then.
  Link(Runtime runtime, RabbitmqOptions options, std::string purpose, LinkOwner& owner);
  // Stops.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void start();
  // Connects no more, and ends when the owner has finished, or after a few seconds anyway.
  void stop();
  // Makes it call send(). Thread-safe, never blocks.
  void wake();
  [[nodiscard]] bool is_connected() const { return connected_; }

 private:
  void run();
  void run_connection(const TransportUrl::Broker& broker);
  void serve(Connection& connection);
  // Waits for a wake, for bytes of `socket` if it is one, or until `due`.
  void wait(int socket, base::SteadyTime due);
  [[nodiscard]] bool may_end();
  void set_connected(bool connected, const std::string& reason = "");

  Runtime runtime_;
  const RabbitmqOptions options_;
  const std::string purpose_;
  const std::string part_;  // as health checks name it
  metrics::Gauge& up_;
  LinkOwner& owner_;
  int wake_descriptor_;
  std::atomic<bool> connected_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<base::Duration::rep> stop_limit_ = 0;  // steady time at which it ends anyway
  std::unique_ptr<Task> thread_;
};

}  // namespace platform::rabbitmq
