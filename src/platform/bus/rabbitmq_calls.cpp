#include "platform/bus/rabbitmq_calls.hpp"

#include <fmt/format.h>

#include <algorithm>

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
    : calls_(calls), id_(std::move(id)), changed_(calls_.executor_.make_event()) {
  const std::lock_guard lock(calls_.mutex_);
  calls_.slots_[id_] = {std::move(topic), changed_, std::nullopt};
}

Calls::Waiting::~Waiting() {
  const std::lock_guard lock(calls_.mutex_);
  calls_.slots_.erase(id_);
}

bool Calls::Waiting::is_answered() const {
  const std::lock_guard lock(calls_.mutex_);
  return calls_.slots_.at(id_).text.has_value();
}

std::optional<std::string> Calls::Waiting::take_answer() {
  const std::lock_guard lock(calls_.mutex_);
  return std::move(calls_.slots_.at(id_).text);
}

void Calls::Waiting::wait_until(base::SteadyTime deadline) { changed_->wait_until(deadline); }

void Calls::answer(const std::string& id, std::string text) {
  std::shared_ptr<Event> changed;
  {
    const std::lock_guard lock(mutex_);
    const auto slot = slots_.find(id);
    if (slot == slots_.end() || slot->second.text) return;
    slot->second.text = std::move(text);
    changed = slot->second.changed;
  }
  changed->set();
}

void Calls::nudge() {
  std::shared_ptr<Event> changed;
  {
    const std::lock_guard lock(mutex_);
    const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                   [](const auto& each) { return !each.second.text; });
    if (slot == slots_.end()) return;
    changed = slot->second.changed;
  }
  changed->set();
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
