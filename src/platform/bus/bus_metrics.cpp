#include "platform/bus/bus_metrics.hpp"

#include <exception>

namespace platform {
namespace {

using metrics::Description;
using metrics::registry;

constexpr Description kHandled{"nephele_bus_messages_handled_total",
                               "Messages that a handler was given, by how that ended."};
constexpr Description kHandling{"nephele_bus_handling_duration_seconds",
                                "How long handlers worked on a message."};
constexpr Description kCalling{"nephele_bus_call_duration_seconds",
                               "How long calls to other roles waited for their answer."};
constexpr Description kCallsInProgress{"nephele_bus_calls_in_progress",
                                       "Calls to other roles that wait for their answer."};
constexpr Description kCallsFailed{"nephele_bus_calls_failed_total",
                                   "Calls to other roles that got no answer, by reason."};
constexpr Description kWaiting{"nephele_bus_waiting_messages",
                               "Messages in this process that wait for a handler."};

std::string_view arrival_text(Arrival arrival) {
  switch (arrival) {
    case Arrival::call:
      return "call";
    case Arrival::cast:
      return "cast";
    case Arrival::fanout:
      return "fanout";
  }
  return "";
}

}  // namespace

std::string topic_label(const std::string& topic) { return topic.substr(0, topic.find('.')); }

HandlingScope::HandlingScope(const Clock& clock, const std::string& topic, Arrival arrival)
    : clock_(clock),
      topic_(topic_label(topic)),
      arrival_(arrival),
      start_(clock.steady()),
      exceptions_(std::uncaught_exceptions()) {}

HandlingScope::~HandlingScope() {
  const bool failed = std::uncaught_exceptions() > exceptions_;
  const std::string_view kind = arrival_text(arrival_);
  registry()
      .counter(kHandled, {{"topic", topic_}, {"kind", kind}, {"outcome", failed ? "failed" : "ok"}})
      .add();
  registry()
      .histogram(kHandling, {{"topic", topic_}, {"kind", kind}})
      .observe(clock_.steady() - start_);
}

CallScope::CallScope(const Clock& clock, const std::string& topic)
    : clock_(clock),
      topic_(topic_label(topic)),
      start_(clock.steady()),
      in_progress_(registry().gauge(kCallsInProgress, {{"topic", topic_}})) {
  in_progress_.add(1);
}

CallScope::~CallScope() {
  in_progress_.add(-1);
  registry().histogram(kCalling, {{"topic", topic_}}).observe(clock_.steady() - start_);
}

void CallScope::failed(std::string_view reason) {
  registry().counter(kCallsFailed, {{"topic", topic_}, {"reason", reason}}).add();
}

metrics::Gauge& waiting_messages(const std::string& topic) {
  return registry().gauge(kWaiting, {{"topic", topic_label(topic)}});
}

}  // namespace platform
