// The bytes of one image on their way in, by this glance-api.
#pragma once

#include <string>

#include "glance/api/image_api.hpp"

namespace glance::api {

// Begun when it is made, Error(conflict) unless the image is queued; taken back when it is
// destroyed, unless it has ended.
class Upload {
 public:
  // `status`: the image's meanwhile.
  Upload(const ImageApi& api, const openstack::Context& context, std::string image_id,
         std::string status);
  ~Upload();
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  [[nodiscard]] const std::string& operation() const { return operation_; }
  // Under which a store receives the bytes.
  [[nodiscard]] std::string name() const { return upload_name(image_id_, operation_); }
  // Throws Error(conflict) if the registry has given it up.
  void ask_whether_wanted() const;
  // Tells the registry where the bytes are, by `message`. Throws Error(gone) if nobody wants them
  // any more, Error(too_large) if they are too many; then they are removed.
  template <class Message>
  void finish(const Message& message, drivers::ImageStore& store, const std::string& location) {
    try {
      static_cast<void>(api_.registry(context_, message));
    } catch (const base::Error& error) {
      // An answer that did not come may still mean that they are the image's: they stay until they
      // are found to have no owner. Only a refusal says that nobody wants them.
      if (refuses_bytes(error)) store.remove(location);
      throw;
    }
    ended_ = true;
  }

 private:
  const ImageApi& api_;
  const openstack::Context& context_;
  const std::string image_id_;
  const std::string operation_;
  bool ended_ = false;
  std::unique_ptr<RunningWork<ContinueUpload>::Running> running_;
};

}  // namespace glance::api
