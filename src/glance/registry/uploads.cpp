// The transitional states of an image: `saving`, and `uploading` until its bytes are staged, owned
// by one operation of one glance-api.
#include <fmt/core.h>

#include "glance/registry/registry.hpp"
#include "glance/registry/storage_quota.hpp"
#include "glance/store/images.hpp"
#include "platform/log.hpp"

namespace glance::registry {
namespace {

using base::Error;
using base::ErrorKind;
using platform::Session;

constexpr std::string_view kQueueAgain =
    "UPDATE images SET status='queued', upload_operation=NULL, upload_host=NULL, "
    "upload_deadline=NULL, updated_at=? WHERE status IN ('saving','uploading') AND deleted=0 ";

std::string queue_again_where(std::string_view condition) {
  return std::string(kQueueAgain) + std::string(condition);
}

[[noreturn]] void gone_meanwhile(const std::string& image_id) {
  throw Error(ErrorKind::gone,
              fmt::format("Image {} could not be found after upload. The image may have been "
                          "deleted during the upload.",
                          image_id));
}

}  // namespace

void Registry::begin_upload(const BeginUpload& request) {
  const base::TimePoint now = runtime_.clock.now();
  database_.write("begin upload", [&](Session& session) {
    const auto row = store::find_image(session, request.id);
    if (!row)
      throw Error(ErrorKind::not_found, fmt::format("No image found with ID {}", request.id));
    const bool again = row->upload_operation == request.operation;
    if (row->status != "queued" && !again)
      throw Error(ErrorKind::conflict,
                  fmt::format("Image status transition from {} to {} is not allowed", row->status,
                              request.status));
    session.execute(
        "UPDATE images SET status=?, upload_operation=?, upload_host=?, upload_deadline=?, "
        "updated_at=? WHERE id=?",
        {request.status, request.operation, request.host, now + kUploadPatience, now, request.id});
  });
}

void Registry::continue_upload(const ContinueUpload& request) {
  const int64_t changed = database_.write("continue upload", [&](Session& session) {
    return session.change(
        "UPDATE images SET upload_deadline=? WHERE id=? AND upload_operation=? AND deleted=0",
        {runtime_.clock.now() + kUploadPatience, request.id, request.operation});
  });
  if (changed == 0)
    throw Error(ErrorKind::conflict, "The upload was given up or the image deleted.");
}

void Registry::finish_upload(const FinishUpload& request) {
  const base::TimePoint now = runtime_.clock.now();
  const StoredData& data = request.data;
  const bool finished = database_.write("finish upload", [&](Session& session) {
    if (const auto image = store::find_image(session, request.id);
        image && image->upload_operation == request.operation)
      require_storage(session, image->owner, image->id, data.size, request.storage_quota);
    const int64_t changed = session.change(
        "UPDATE images SET status='active', checksum=?, os_hash_algo='sha512', os_hash_value=?, "
        "size=?, virtual_size=?, upload_operation=NULL, upload_host=NULL, upload_deadline=NULL, "
        "updated_at=? WHERE id=? AND upload_operation=? AND deleted=0",
        {data.checksum, data.os_hash_value, data.size, data.virtual_size, now, request.id,
         request.operation});
    if (changed == 1) {
      store::set_locations(session, request.id, {{request.store, data.location}});
      return true;
    }
    // Delivered twice: to refuse the second would tell glance-api to remove the bytes of an image
    // that the first made active.
    const auto row = store::find_image(session, request.id);
    return row && row->location == data.location;
  });
  if (!finished) gone_meanwhile(request.id);
}

void Registry::finish_staging(const FinishStaging& request) {
  const base::TimePoint now = runtime_.clock.now();
  const bool finished = database_.write("finish staging", [&](Session& session) {
    const int64_t changed = session.change(
        "UPDATE images SET staged_location=?, upload_operation=NULL, upload_host=NULL, "
        "upload_deadline=NULL, updated_at=? WHERE id=? AND upload_operation=? AND deleted=0",
        {request.location, now, request.id, request.operation});
    if (changed == 1) return true;
    const auto row = store::find_image(session, request.id);
    return row && row->staged_location == request.location;
  });
  if (!finished) gone_meanwhile(request.id);
}

void Registry::abort_upload(const AbortUpload& request) {
  database_.write("abort upload", [&](Session& session) {
    session.execute(queue_again_where("AND id=? AND upload_operation=?"),
                    {runtime_.clock.now(), request.id, request.operation});
  });
}

OwnedData Registry::list_owned_data() {
  return database_.read([&](Session& session) {
    OwnedData owned;
    for (const char* locations : {"SELECT location FROM images WHERE location IS NOT NULL",
                                  "SELECT url FROM image_locations",
                                  "SELECT staged_location FROM images WHERE status IN "
                                  "('uploading','importing') AND staged_location IS NOT NULL"})
      session.query(locations, {}, [&](const platform::SqlRow& row) {
        owned.locations.emplace_back(row.text(0));
      });
    for (const char* uploads : {"SELECT id, upload_operation FROM images WHERE status IN "
                                "('saving','uploading') AND upload_operation IS NOT NULL",
                                "SELECT image_id, operation FROM tasks WHERE status='processing'"})
      session.query(uploads, {}, [&](const platform::SqlRow& row) {
        owned.uploads.push_back(upload_name(std::string(row.text(0)), std::string(row.text(1))));
      });
    return owned;
  });
}

void Registry::forget_location(const ForgetLocation& request) {
  database_.write("forget location", [&](Session& session) {
    session.execute("UPDATE images SET location=NULL WHERE id=? AND deleted=1", {request.id});
  });
}

void Registry::end_overdue_uploads() {
  const base::TimePoint now = runtime_.clock.now();
  const int64_t overdue = database_.read([&](Session& session) {
    int64_t count = 0;
    session.query(
        "SELECT COUNT(*) FROM images WHERE status IN ('saving','uploading') AND "
        "upload_deadline<?",
        {now}, [&](const platform::SqlRow& row) { count = row.integer(0); });
    return count;
  });
  if (overdue == 0) return;
  database_.write("end overdue uploads", [&](Session& session) {
    session.execute(queue_again_where("AND upload_deadline<?"), {now, now});
  });
  platform::log_warning("uploads given up after silence count={}", overdue);
}

}  // namespace glance::registry
