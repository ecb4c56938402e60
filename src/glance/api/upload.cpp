#include "glance/api/upload.hpp"

#include "platform/log.hpp"

namespace glance::api {

Upload::Upload(const ImageApi& api, const openstack::Context& context, std::string image_id,
               std::string status)
    : api_(api),
      context_(context),
      image_id_(std::move(image_id)),
      operation_(api.runtime.random.uuid()) {
  static_cast<void>(api_.registry(
      context_, BeginUpload{image_id_, operation_, api.runtime.host, std::move(status)}));
  running_ =
      std::make_unique<RunningWork<ContinueUpload>::Running>(api_.uploads, image_id_, operation_);
}

Upload::~Upload() {
  if (ended_) return;
  try {
    static_cast<void>(api_.registry(context_, AbortUpload{image_id_, operation_}));
  } catch (const base::Error& error) {
    platform::log_warning("upload not taken back image={} error={}", image_id_, error.what());
  }
}

void Upload::ask_whether_wanted() const {
  static_cast<void>(api_.registry(context_, ContinueUpload{image_id_, operation_}));
}

}  // namespace glance::api
