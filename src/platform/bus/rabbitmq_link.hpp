// A connection that is kept: a thread that connects to one broker of the list after another, hands
// on what comes, and sends what its owner has, until it is stopped. With workers these read in
// turn: whoever has read a message handles it, and lets the next one read on.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "platform/bus/rabbitmq_link_owner.hpp"
#include "platform/bus/rabbitmq_shared_connection.hpp"
#include "platform/bus/rabbitmq_workers.hpp"
#include "platform/metrics.hpp"
#include "platform/runtime.hpp"

namespace platform::rabbitmq {

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
  // For other threads. What the workers read, none of these may.
  [[nodiscard]] SharedConnection& shared() { return shared_; }
  [[nodiscard]] bool is_connected() const { return connected_; }

 private:
  void run();
  void run_connection(const TransportUrl::Broker& broker);
  void serve();
  void read_in_turn();
  // Until there is a job, which it returns, or until the link may end.
  [[nodiscard]] std::function<void()> read();
  [[nodiscard]] bool may_end();
  // Soon, if it is being stopped.
  [[nodiscard]] base::SteadyTime no_later_than(base::SteadyTime due);
  void set_connected(bool connected, const std::string& reason = "");

  Runtime runtime_;
  const RabbitmqOptions options_;
  const std::string purpose_;
  const std::string part_;  // as health checks name it
  metrics::Gauge& up_;
  LinkOwner& owner_;
  Workers* const workers_;
  SharedConnection shared_;
  std::atomic<bool> connected_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<base::Duration::rep> stop_limit_ = 0;  // steady time at which it ends anyway

  const std::unique_ptr<Event> turns_ended_;  // no worker reads, for the link ends or is lost_
  std::optional<base::Error> lost_;

  std::unique_ptr<Task> thread_;
};

}  // namespace platform::rabbitmq
