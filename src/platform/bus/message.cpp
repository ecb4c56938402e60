#include "platform/bus/message.hpp"

#include "base/error.hpp"

namespace platform {

std::string to_wire(const Message& message) {
  base::JsonWriter json;
  json.begin_object();
  json.field("id", message.id);
  json.field("type", message.type);
  json.field("version", message.version);
  json.field("request_id", message.request_id);
  json.field("context", message.context);
  json.field("body", message.body);
  json.end_object();
  return json.take();
}

Message from_wire(std::string_view text) {
  const base::Json json = base::parse_json(text);
  Message message;
  message.id = base::get_text(json, "id");
  message.type = base::get_text(json, "type");
  message.version = static_cast<int>(base::integer_or(json, "version", 0));
  if (message.version < 1)
    throw base::Error(base::ErrorKind::bad_request, "The message has no version.");
  message.request_id = base::text_or(json, "request_id");
  if (const base::Json* context = base::find(json, "context")) message.context = *context;
  if (const base::Json* body = base::find(json, "body")) message.body = *body;
  return message;
}

}  // namespace platform
