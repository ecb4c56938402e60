// The receiving half of the bus over RabbitMQ: the subscriptions of a process, kept alive over lost
// connections.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "platform/bus/rabbitmq_link.hpp"
#include "platform/bus/rabbitmq_subscriber.hpp"
#include "platform/bus/rabbitmq_topology.hpp"
#include "platform/bus/rabbitmq_workers.hpp"

namespace platform::rabbitmq {

// Thread-safe.
class Consumer : private LinkOwner, public Receipts {
 public:
  // The workers run the handlers and outlive it.
  Consumer(const Runtime& runtime, const RabbitmqOptions& options, Workers& workers);
  ~Consumer() override;

  // Returns when messages reach it; if there is no connection, after a few seconds in any case:
  // then they do when there is one.
  void add(const std::shared_ptr<Subscriber>& subscriber, bool fanout);
  // Nothing is delivered to it afterwards; what was delivered before, it handles.
  void remove(const std::shared_ptr<Subscriber>& subscriber);

  void acknowledge(Receipt receipt) override;

 private:
  struct Entry {
    std::shared_ptr<Subscriber> subscriber;
    bool fanout = false;
    std::shared_ptr<Event> established;
    bool closing = false;
    uint64_t connection = 0;  // on which it consumes
    std::string id;           // its consumers' tags begin with it
  };
  // Run by whoever reads, with a connection, or with null if there is none.
  using Command = std::function<void(Connection*)>;

  void connected(Connection& connection) override;
  void received(Connection& connection, Incoming incoming) override;
  base::SteadyTime send(Connection& connection) override;
  std::function<void()> take_job() override;
  void disconnected() override;
  bool has_finished() override;

  void establish(Connection& connection, Entry& entry);
  void cancel(Connection& connection, Entry& entry);
  void post(Command command);
  [[nodiscard]] Command next_command();
  [[nodiscard]] std::vector<std::shared_ptr<Entry>> entries();

  Runtime runtime_;
  Workers& workers_;
  Topology topology_;                     // of whoever reads
  std::function<void()> job_;             // of whoever reads: the last that was delivered
  std::atomic<uint64_t> connection_ = 0;  // counts them

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;  // by id
  std::deque<Command> commands_;

  Link link_;
};

}  // namespace platform::rabbitmq
