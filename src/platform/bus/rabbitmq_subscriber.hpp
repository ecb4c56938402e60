// One subscription to a topic: runs its handler on what is delivered, and says what becomes of it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "platform/bus/bus.hpp"
#include "platform/bus/rabbitmq_connection.hpp"
#include "platform/bus/rabbitmq_publisher.hpp"
#include "platform/bus/rabbitmq_topology.hpp"
#include "platform/runtime.hpp"

namespace platform::rabbitmq {

// Names a delivery; of no use after its connection.
struct Receipt {
  uint64_t connection = 0;
  uint64_t tag = 0;
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

// To whom a delivery is acknowledged. Thread-safe; a receipt of a former connection is ignored.
class Receipts {
 public:
  virtual ~Receipts() = default;
  virtual void acknowledge(Receipt receipt) = 0;
};

enum class Source { cast, call, fanout };

// Thread-safe.
class Subscriber : public std::enable_shared_from_this<Subscriber> {
 public:
  // What it needs outlives it.
  struct Surroundings {
    Runtime runtime;
    Publisher& publisher;
    Receipts& receipts;
    Names names;
    std::set<std::string> own_users;
  };
  Subscriber(Surroundings surroundings, std::string topic, MessageHandler handler,
             SubscribeOptions options);

  [[nodiscard]] const std::string& topic() const { return topic_; }
  [[nodiscard]] size_t concurrency() const { return options_.concurrency; }

  // What runs the handler; it must be called. Null if there is nothing to do: a handler works on
  // the message already. Never waits.
  [[nodiscard]] std::function<void()> deliver(Source source, Delivery delivery, Receipt receipt);
  void wait_for_handlers();

 private:
  struct Work {
    Source source;
    Delivery delivery;
    Receipt receipt;
  };
  void run(Work work);
  // Throws Error(bad_request) if it is no message, or a refusal of its sender.
  [[nodiscard]] Message read(const Delivery& delivery) const;
  [[nodiscard]] bool may_be_answered(const Properties& asked) const;
  void run_cast(const Delivery& delivery, Receipt receipt);
  void run_call(const Delivery& delivery, Receipt receipt);
  void run_fanout(const Delivery& delivery);
  [[nodiscard]] std::string answer(const Delivery& delivery);
  [[nodiscard]] std::string refuse_redelivered(const Delivery& delivery) const;
  void failed(const Delivery& delivery, std::vector<Receipt> receipts, const std::exception& error,
              bool may_try_again);
  [[nodiscard]] bool joins_running(const Work& work);
  [[nodiscard]] std::vector<Receipt> end_running(const Delivery& delivery, Receipt receipt);
  void end_handler();

  Surroundings surroundings_;
  const std::string topic_;
  const MessageHandler handler_;
  const SubscribeOptions options_;
  std::shared_ptr<Event> idle_;

  std::mutex mutex_;
  size_t busy_ = 0;
  // Casts in progress by id, with the receipts of all deliveries of each: after a lost connection
  // the broker delivers again what a handler still works on.
  std::map<std::string, std::vector<Receipt>> running_;
};

}  // namespace platform::rabbitmq
