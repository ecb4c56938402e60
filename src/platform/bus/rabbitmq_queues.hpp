// What an operator sees and does of the queues on a broker: `nephele queue`. Plain AMQP, no plugin.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/bus/rabbitmq.hpp"

namespace platform::rabbitmq {

// Headers of failed casts.
inline constexpr const char* kTriesHeader = "x-nephele-tries";
inline constexpr const char* kAwayHeader = "x-nephele-away";  // of the tries
inline constexpr const char* kErrorHeader = "x-nephele-error";
inline constexpr const char* kTimeHeader = "x-nephele-time";

// A cast that was given up.
struct DeadLetter {
  std::string id;  // the message's
  std::string topic;
  std::string type;
  std::string error;    // why its last try failed
  int tries = 0;        // handlers that threw; 0: it was never handled to an end
  std::string died_at;  // UTC; empty if the broker gave it up
  std::string message;  // JSON
  // As it is to be sent again (rabbitmq_sender.hpp).
  std::string given_up_by;
  std::optional<std::string> sender = {};
};

struct TopicState {
  uint64_t casts = 0;  // waiting for a consumer
  uint64_t cast_consumers = 0;
  uint64_t calls = 0;
  uint64_t call_consumers = 0;
};

class Connection;
class Topology;

// A connection of its own, for one thread. Members throw base::Error(unavailable) if it is lost.
class Queues {
 public:
  // Throws Error(unavailable) that names the broker if none of the list can be reached.
  explicit Queues(const RabbitmqOptions& options);
  ~Queues();

  // nullopt: there is no such topic.
  [[nodiscard]] std::optional<TopicState> find_topic(const std::string& topic);
  // Oldest first, as they were when asked.
  [[nodiscard]] std::vector<DeadLetter> list_dead_letters();
  // Sends the chosen ones to their topics again, as if they were new. How many these were.
  size_t requeue(const std::function<bool(const DeadLetter&)>& chosen);

 private:
  void send_again(const DeadLetter& letter);
  void await_confirm();
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Topology> topology_;
};

}  // namespace platform::rabbitmq
