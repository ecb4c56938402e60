// Calls that wait for their answer, and how an answer is written.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"
#include "platform/executor.hpp"

namespace platform::rabbitmq {

[[nodiscard]] std::string write_result(const base::Json& result);
[[nodiscard]] std::string write_error(const base::Error& error);
// The result; throws the error, as it was thrown to write_error().
[[nodiscard]] base::Json read_answer(std::string_view text);

// Thread-safe.
class Calls {
 public:
  explicit Calls(Executor& executor) : executor_(executor) {}

  // One call, from construction to destruction. An answer that comes later is dropped.
  class Waiting {
   public:
    Waiting(Calls& calls, std::string id, std::string topic);
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    [[nodiscard]] bool is_answered() const;
    // The text of the answer; nullopt: there is none yet. Once.
    [[nodiscard]] std::optional<std::string> take_answer();
    // Until it is answered, is to look again, or the deadline.
    void wait_until(base::SteadyTime deadline);

   private:
    Calls& calls_;
    const std::string id_;
    std::shared_ptr<Event> changed_;
  };

  // Does nothing if nobody waits for it any more.
  void answer(const std::string& id, std::string text);
  // Nobody listens to its topic.
  void refuse(const std::string& id);
  // Makes one that waits look again.
  void nudge();

 private:
  struct Slot {
    std::string topic;
    std::shared_ptr<Event> changed;
    std::optional<std::string> text;
  };
  Executor& executor_;
  std::mutex mutex_;
  std::map<std::string, Slot> slots_;
};

}  // namespace platform::rabbitmq
