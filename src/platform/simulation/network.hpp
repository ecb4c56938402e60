// The wires between simulated processes: the message broker and HTTP. Neither is killed with a
// process; both know what became of a killed one.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "platform/bus/bus.hpp"
#include "platform/http/client.hpp"
#include "platform/simulation/scheduler.hpp"
#include "platform/simulation/simulation.hpp"

namespace platform::simulation {

// A request that somebody waits for while it is handled by another process, which may vanish.
template <class Answer>
struct Exchange {
  Fiber* waiter = nullptr;  // null: nobody waits any more
  std::optional<Answer> answer = {};
  std::optional<base::Error> error = {};

  void finish(Scheduler& scheduler) {
    if (waiter) scheduler.wake(*waiter);
  }
  // Answer or error, or Error(timeout) past the deadline; throws Killed if the waiter's process
  // was.
  Answer wait(ProcessCore& process, const std::string& what, base::SteadyTime deadline);
};

// RabbitMQ as OpenStack uses it: durable queues, competing consumers, acknowledged when handled.
class Broker {
  struct Delivery;

 public:
  struct Subscriber {
    std::shared_ptr<ProcessCore> process;
    std::string topic;
    MessageHandler handler;
    SubscribeOptions options;
    bool open = true;
    std::deque<Message> fanouts = {};  // that wait for a free place
    std::vector<FiberPointer> handling = {};
    std::vector<std::shared_ptr<Delivery>> unacknowledged = {};
  };
  using SubscriberPointer = std::shared_ptr<Subscriber>;
  using Call = Exchange<base::Json>;

  Broker(Scheduler& scheduler, const Faults& faults) : scheduler_(scheduler), faults_(faults) {}

  void subscribe(SubscriberPointer subscriber, bool fanout);
  void unsubscribe(Subscriber& subscriber);
  // Takes the subscriptions of a killed process away.
  void forget(const ProcessCore& process);

  // What the process has not acknowledged goes to others; its acknowledgements do not count.
  void take_for_dead(const ProcessCore& process);
  // Delivers what can be: who was cut off, is back.
  void pump_all();

  [[nodiscard]] bool is_cut(const ProcessCore& process) const {
    return faults_.cut_from_bus.contains(process.host);
  }
  [[nodiscard]] bool has_subscriber(const std::string& topic) const;
  void cast(const std::shared_ptr<ProcessCore>& sender, const std::string& topic, Message message,
            std::function<void()> settled);
  void fanout(const std::string& topic, const Message& message);
  void call(const std::string& topic, Message message, std::shared_ptr<Call> call);

  [[nodiscard]] const std::vector<std::string>& dead_letters() const { return dead_letters_; }

 private:
  enum class Outcome { killed, done, failed };
  struct Delivery {
    std::string topic;
    Message message;
    int attempts = 0;
    std::shared_ptr<Call> call = nullptr;
    bool taken_back = false;  // another consumer has it
    // Of the handler's run:
    Outcome outcome = Outcome::killed;
    base::Json reply = nullptr;
    std::optional<base::Error> error = {};
  };
  using DeliveryPointer = std::shared_ptr<Delivery>;
  struct Topic {
    std::deque<DeliveryPointer> queue;
    std::vector<SubscriberPointer> subscribers;
  };

  [[nodiscard]] base::SteadyTime arrival();
  void arrive(const DeliveryPointer& delivery, base::SteadyTime time);
  void pump(const std::string& topic);
  void deliver(const SubscriberPointer& subscriber, const DeliveryPointer& delivery);
  void pump_fanout(const SubscriberPointer& subscriber);
  static void handle(const Subscriber& subscriber, Delivery& delivery);
  void handled(const DeliveryPointer& delivery);
  void answer(const DeliveryPointer& delivery);
  void retry(const DeliveryPointer& delivery);
  static void remove_ended(Subscriber& subscriber);

  Scheduler& scheduler_;
  const Faults& faults_;
  std::map<std::string, Topic> topics_;
  std::map<std::string, std::vector<SubscriberPointer>> fanouts_;
  std::vector<std::string> dead_letters_;
};

// Who serves which URL; several may serve the same.
class Web {
 public:
  Web(Scheduler& scheduler, const Faults& faults) : scheduler_(scheduler), faults_(faults) {}
  void serve(std::shared_ptr<ProcessCore> process, const std::string& url_base,
             http::Handler handler);
  void forget(const ProcessCore& process);
  http::Response send(ProcessCore& sender, const std::string& url_base, http::Request request,
                      base::Duration timeout);

 private:
  struct Site {
    std::shared_ptr<ProcessCore> process;
    http::Handler handler;
  };
  // One of those that serve the URL, as a load balancer chooses. Null: none can be reached.
  const Site* choose(const ProcessCore& sender, const std::string& url_base);
  [[nodiscard]] bool is_cut(const ProcessCore& sender, const ProcessCore& server) const;
  Scheduler& scheduler_;
  const Faults& faults_;
  std::map<std::string, std::vector<Site>> sites_;
};

template <class Answer>
Answer Exchange<Answer>::wait(ProcessCore& process, const std::string& what,
                              base::SteadyTime deadline) {
  Scheduler& scheduler = process.scheduler;
  waiter = &scheduler.current();
  while (!answer && !error && !process.killed)
    if (!scheduler.block(what, deadline)) break;
  waiter = nullptr;
  process.refuse_if_killed();
  if (answer) return std::move(*answer);
  if (error) throw base::Error(*error);
  throw base::Error(base::ErrorKind::timeout, "No answer in time.", what);
}

}  // namespace platform::simulation
