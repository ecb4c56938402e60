#include "platform/bus/delivery.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace platform {

std::string hop_name(const Message& message, const std::string& topic) {
  return message.type + " -> " + topic;
}

CurrentRequest sender_of(const Message& message, const Runtime& runtime) {
  CurrentRequest request = current_request();
  request.request_id = message.request_id;
  if (request.project_id.empty()) request.project_id = base::text_or(message.context, "project_id");
  if (request.host.empty()) request.host = runtime.host;
  return request;
}

void check_version(const Message& message, int known) {
  if (message.version <= known) return;
  throw base::Error(
      base::ErrorKind::bad_request,
      fmt::format("Version {} of {} is newer than version {}, which is known here: bring this role "
                  "to the version of the others, then `nephele queue requeue`.",
                  message.version, message.type, known));
}

base::Json handle(const Runtime& runtime, const std::string& topic, Arrival arrival,
                  const SubscribeOptions& options, const MessageHandler& handler,
                  const Message& message) {
  const RequestScope request({message.request_id, base::text_or(message.context, "project_id"),
                              base::text_or(message.context, "user_id"), options.role,
                              runtime.host});
  HopScope hop(runtime.tracer, runtime.clock, "handle", hop_name(message, topic));
  const HandlingScope handling(runtime.clock, topic, arrival);
  try {
    return handler(message);
  } catch (const base::Error& error) {
    hop.outcome(error.message());
    throw;
  }
}

}  // namespace platform
