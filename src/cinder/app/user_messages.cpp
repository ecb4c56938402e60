#include "cinder/app/user_messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace cinder::app {
namespace {

struct Words {
  int number;
  std::string_view words;
};
constexpr std::array kActions{
    Words{static_cast<int>(UserAction::schedule_volume), "schedule allocate volume"},
    Words{static_cast<int>(UserAction::copy_volume_to_image), "copy volume to image"},
    Words{static_cast<int>(UserAction::copy_image_to_volume), "copy image to volume"},
    Words{static_cast<int>(UserAction::extend_volume), "extend volume"},
    Words{static_cast<int>(UserAction::reimage_volume), "reimage volume"},
};
constexpr std::array kDetails{
    Words{static_cast<int>(UserDetail::unknown_error), "An unknown error occurred."},
    Words{static_cast<int>(UserDetail::no_backend_available),
          "Could not find any available weighted backend."},
    Words{static_cast<int>(UserDetail::failed_to_upload_volume),
          "Failed to upload volume to image at backend."},
    Words{static_cast<int>(UserDetail::driver_failed_extend),
          "Volume Driver failed to extend volume."},
};

std::string id_of(int number) { return fmt::format("{:03}", number); }

std::string_view words_of(std::span<const Words> all, const std::string& id) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Words& words) { return id_of(words.number) == id; });
  return found == all.end() ? "unknown" : found->words;
}

}  // namespace

store::MessageRow message_of(const App& app, const Origin& origin, const store::VolumeRow& volume,
                             UserAction action, UserDetail detail) {
  store::MessageRow row;
  row.id = app.uuid();
  row.project_id = volume.project_id;
  row.request_id = origin.request_id;
  row.resource_type = "VOLUME";
  row.resource_uuid = volume.id;
  row.action_id = id_of(static_cast<int>(action));
  row.detail_id = id_of(static_cast<int>(detail));
  row.event_id = fmt::format("VOLUME_{}_{}_{}", row.resource_type, row.action_id, row.detail_id);
  row.created_at = app.now();
  row.expires_at = row.created_at + app.settings.message_ttl;
  return row;
}

std::string text_of(const store::MessageRow& message) {
  return fmt::format("{}:{}", words_of(kActions, message.action_id),
                     words_of(kDetails, message.detail_id));
}

store::MessageRow get_message(platform::Session& session, const openstack::Context& context,
                              const std::string& id) {
  auto message = store::find_message(session, id);
  if (!message || (message->project_id != context.project_id() && !context.is_admin()))
    throw base::Error(base::ErrorKind::not_found, "Message " + id + " could not be found.");
  return *std::move(message);
}

}  // namespace cinder::app
