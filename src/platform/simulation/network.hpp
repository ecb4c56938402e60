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
#include "platform/bus/delivery_policy.hpp"
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

// RabbitMQ as our bus uses it: durable queues of casts, competing consumers, acknowledged when
// handled; calls and fanouts that last no longer than the broker and who takes part in them.
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
  struct Call : Exchange<base::Json> {
    std::shared_ptr<ProcessCore> caller = nullptr;
    bool sent = false;
  };

  Broker(Scheduler& scheduler, const Faults& faults) : scheduler_(scheduler), faults_(faults) {}

  void subscribe(SubscriberPointer subscriber, bool fanout);
  void unsubscribe(Subscriber& subscriber);
  // Takes the subscriptions of a killed process away.
  void forget(const ProcessCore& process);

  // Its heart does not beat: after a minute its connection is closed.
  void paused(const std::shared_ptr<ProcessCore>& process);
  void resumed(const std::shared_ptr<ProcessCore>& process);
  // The broker, or hosts, went away or are back.
  void weather_changed(const Faults& before);
  // As far as the process knows.
  [[nodiscard]] bool is_connected(const ProcessCore& process) const;
  [[nodiscard]] bool keeps_casts() const { return faults_.message_lost == 0; }

  // All three wait in the memory of a sender that cannot reach the broker.
  void cast(const std::shared_ptr<ProcessCore>& sender, const std::string& topic, Message message,
            std::function<void()> settled);
  void fanout(const std::shared_ptr<ProcessCore>& sender, const std::string& topic,
              const Message& message);
  void call(const std::shared_ptr<ProcessCore>& sender, const std::string& topic,
            const Message& message, const std::shared_ptr<Call>& call);

  [[nodiscard]] const std::vector<std::string>& dead_letters() const { return dead_letters_; }

 private:
  enum class Outcome { killed, done, failed };
  struct Delivery {
    std::string topic;
    Message message;
    Tries tries = {};
    std::shared_ptr<Call> call = nullptr;
    bool lost = false;         // on the way to its queue
    bool redelivered = false;  // another connection had it before
    bool taken_back = false;   // another consumer has it
    // The same message, delivered again to the process that still handles it: they end as one.
    std::vector<std::shared_ptr<Delivery>> joined = {};
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

  struct Cast {
    std::shared_ptr<ProcessCore> sender;
    std::string topic;
    Message message;
    std::function<void()> settled;
    std::vector<DeliveryPointer> copies = {};
  };
  using CastPointer = std::shared_ptr<Cast>;
  // Of one process, with what it has in its memory.
  struct Connection {
    std::shared_ptr<ProcessCore> process;
    bool lost = false;  // until it connects again
    std::deque<std::function<void()>> waiting = {};
    std::vector<CastPointer> unconfirmed = {};
  };

  // connections.cpp
  Connection& connection(const std::shared_ptr<ProcessCore>& process);
  [[nodiscard]] bool reaches(const ProcessCore& process) const;
  // True: it waits until its sender reaches the broker.
  bool must_wait(const std::shared_ptr<ProcessCore>& sender, std::function<void()> send);
  void break_down();
  void close(Connection& connection);
  void close_if(const std::shared_ptr<ProcessCore>& process, std::function<bool()> still);
  void connect_soon(const std::shared_ptr<ProcessCore>& process);
  void connected(Connection& connection);
  void take_back(const ProcessCore& process);
  void refuse_redelivered(const Delivery& delivery);

  // broker.cpp
  [[nodiscard]] bool has_subscriber(const std::string& topic) const;
  void publish(const CastPointer& cast);
  void confirm(const CastPointer& cast, bool tell);
  [[nodiscard]] base::SteadyTime arrival();
  void arrive(const DeliveryPointer& delivery, base::SteadyTime time);
  void pump(const std::string& topic);
  void deliver(const SubscriberPointer& subscriber, const DeliveryPointer& delivery);
  void pump_fanout(const SubscriberPointer& subscriber);
  static void handle(const Subscriber& subscriber, Delivery& delivery);
  void handled(const DeliveryPointer& delivery, const std::shared_ptr<ProcessCore>& by);
  bool joins_running(Subscriber& subscriber, const DeliveryPointer& delivery);
  void ended(Subscriber& subscriber, const DeliveryPointer& delivery);
  void answer(const DeliveryPointer& delivery, const std::shared_ptr<ProcessCore>& server);
  void reply(const DeliveryPointer& delivery, const std::shared_ptr<ProcessCore>& server);
  void retry(const DeliveryPointer& delivery);
  static void remove_ended(Subscriber& subscriber);

  Scheduler& scheduler_;
  const Faults& faults_;
  std::map<std::string, Topic> topics_;
  std::map<std::string, std::vector<SubscriberPointer>> fanouts_;
  std::map<uint64_t, Connection> connections_;         // by the number of the process
  std::map<std::string, base::SteadyTime> cut_since_;  // by host
  uint64_t breakdowns_ = 0;
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
  [[nodiscard]] bool is_cut(const std::string& sender, const std::string& server) const;
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
