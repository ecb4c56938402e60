#include "platform/bus/rabbitmq_calls.hpp"

#include <fmt/format.h>

namespace platform::rabbitmq {

std::string write_result(const base::Json& result) {
  base::JsonWriter json;
  json.begin_object();
  json.field("result", result);
  json.end_object();
  return json.take();
}

std::string write_error(const base::Error& error) {
  base::JsonWriter json;
  json.begin_object();
  json.key("error");
  json.begin_object();
  json.field("kind", base::to_text(error.kind()));
  json.field("message", error.message());
  json.field("detail", error.detail());
  json.field("type", error.type());
  json.end_object();
  json.end_object();
  return json.take();
}

base::Json read_answer(std::string_view text) {
  const base::Json answer = base::parse_json(text);
  if (const base::Json* error = base::find(answer, "error"))
    throw base::Error(base::parse_error_kind(base::get_text(*error, "kind")),
                      base::get_text(*error, "message"), base::text_or(*error, "detail"))
        .with_type(base::text_or(*error, "type"));
  const base::Json* result = base::find(answer, "result");
  return result == nullptr ? base::Json() : *result;
}

Calls::Waiting::Waiting(Calls& calls, std::string id, std::string topic)
    : calls_(calls), id_(std::move(id)) {
  auto answered = std::shared_ptr<Event>(calls_.executor_.make_event());
  const std::lock_guard lock(calls_.mutex_);
  calls_.slots_[id_] = {std::move(topic), std::move(answered), std::nullopt};
}

Calls::Waiting::~Waiting() {
  const std::lock_guard lock(calls_.mutex_);
  calls_.slots_.erase(id_);
}

std::optional<std::string> Calls::Waiting::wait_until(base::SteadyTime deadline) {
  std::shared_ptr<Event> answered;
  {
    const std::lock_guard lock(calls_.mutex_);
    answered = calls_.slots_.at(id_).answered;
  }
  answered->wait_until(deadline);
  const std::lock_guard lock(calls_.mutex_);
  return calls_.slots_.at(id_).text;
}

void Calls::answer(const std::string& id, std::string text) {
  std::shared_ptr<Event> answered;
  {
    const std::lock_guard lock(mutex_);
    const auto slot = slots_.find(id);
    if (slot == slots_.end() || slot->second.text) return;
    slot->second.text = std::move(text);
    answered = slot->second.answered;
  }
  answered->set();
}

void Calls::refuse(const std::string& id) {
  std::string topic;
  {
    const std::lock_guard lock(mutex_);
    const auto slot = slots_.find(id);
    if (slot == slots_.end()) return;
    topic = slot->second.topic;
  }
  answer(id, write_error(base::Error(
                 base::ErrorKind::unavailable,
                 fmt::format("No service answers for {} now. Try again later.", topic))));
}

}  // namespace platform::rabbitmq
