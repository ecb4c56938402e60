// A volume as JSON.
#pragma once

#include <map>
#include <string>

#include "cinder/api/common.hpp"
#include "cinder/store/volumes.hpp"

namespace cinder::api {

// Shared by all volumes of an answer.
class VolumeView {
 public:
  // Reads the names of volume types.
  VolumeView(platform::Session& session, const ApiRequest& request);
  VolumeView(app::App& app, const ApiRequest& request);

  // The short form of lists.
  void write_short(base::JsonWriter& json, const store::VolumeRow& volume) const;
  // All of it.
  void write(base::JsonWriter& json, const store::VolumeRow& volume) const;
  // Without what only those who look at it are told: the answer to a creation or change.
  void write_changed(base::JsonWriter& json, const store::VolumeRow& volume) const;

 private:
  void write_members(base::JsonWriter& json, const store::VolumeRow& volume) const;
  void write_members_of_versions(base::JsonWriter& json, const store::VolumeRow& volume) const;
  void write_extensions(base::JsonWriter& json, const store::VolumeRow& volume) const;
  void write_attachments(base::JsonWriter& json, const store::VolumeRow& volume) const;
  void write_metadata(base::JsonWriter& json, const store::VolumeRow& volume) const;

  const ApiRequest& request_;
  Links links_;
  std::map<std::string, std::string> type_names_;
};

// {"volume": {...}}: all of it, or as the answer to a creation or change.
[[nodiscard]] Response answer_volume(app::App& app, const ApiRequest& request,
                                     const store::VolumeRow& volume);
[[nodiscard]] Response answer_changed_volume(app::App& app, const ApiRequest& request,
                                             const store::VolumeRow& volume, int status);

}  // namespace cinder::api
