// The message bus: call waits for an answer, cast does not, fanout reaches every subscriber. Topics
// are the names operators know: "scheduler", "conductor", "compute.<host>", ...
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "platform/bus/message.hpp"

namespace platform {

// Answers a message. For a cast the result is ignored. A thrown base::Error travels back to a
// caller as the same kind and messages; for a cast it is logged and the message is delivered again
// later, up to a limit, then dead-lettered: so an expected failure must be handled, not thrown.
using MessageHandler = std::function<base::Json(const Message&)>;

// Receives while alive. The destructor waits for handlers in progress.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

struct SubscribeOptions {
  std::string role;        // who receives: for traces and logs
  size_t concurrency = 4;  // messages handled at once
};

// Thread-safe. Delivery of casts is at least once: handlers are idempotent.
class Bus {
 public:
  virtual ~Bus() = default;
  // One of the topic's subscribers answers. Throws its error; Error(unavailable) at once if nobody
  // listens, Error(timeout) past the timeout (then it is unknown whether it was done).
  [[nodiscard]] virtual base::Json call(const std::string& topic, Message message,
                                        base::Duration timeout) = 0;
  // Delivered to one of the topic's subscribers, now or when there is one. `settled` is called once
  // when the bus has made the message durable or a handler has finished it: only then may the
  // sender forget it. It may be called from any thread, also before cast returns.
  virtual void cast(const std::string& topic, Message message,
                    std::function<void()> settled = nullptr) = 0;
  // True: this bus loses no cast while it exists, so one that is not settled is not to be sent
  // again. A handler that takes long would otherwise get it twice at once.
  [[nodiscard]] virtual bool keeps_casts() const { return false; }
  // False: it has no broker now, so what is cast waits in this process.
  [[nodiscard]] virtual bool reaches_broker() const { return true; }
  // Delivered at most once to each present subscriber of fanouts on that topic.
  virtual void fanout(const std::string& topic, Message message) = 0;

  [[nodiscard]] virtual std::unique_ptr<Subscription> subscribe(const std::string& topic,
                                                                MessageHandler handler,
                                                                SubscribeOptions options) = 0;
  [[nodiscard]] virtual std::unique_ptr<Subscription> subscribe_fanout(
      const std::string& topic, MessageHandler handler, SubscribeOptions options) = 0;
};

}  // namespace platform
