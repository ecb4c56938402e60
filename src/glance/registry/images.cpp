#include <fmt/core.h>

#include <algorithm>

#include "glance/registry/registry.hpp"
#include "glance/registry/storage_quota.hpp"
#include "glance/store/images.hpp"
#include "platform/database/outbox.hpp"
#include "platform/database/rows.hpp"

namespace glance::registry {
namespace {

using base::Error;
using base::ErrorKind;
using platform::Session;

[[noreturn]] void not_found(const std::string& id) {
  throw Error(ErrorKind::not_found, fmt::format("No image found with ID {}", id));
}

store::ImageRow get_row(Session& session, const std::string& id) {
  auto row = store::find_image(session, id);
  if (!row) not_found(id);
  return std::move(*row);
}

bool may_see(Session& session, const store::ImageRow& image, const Viewer& viewer) {
  if (viewer.admin || image.owner == viewer.project_id) return true;
  if (image.visibility == "public" || image.visibility == "community") return true;
  return image.visibility == "shared" && store::is_member(session, image.id, viewer.project_id);
}

// Of an image that the viewer may not see a page's place would tell.
void check_marker(Session& session, const ListImages& request) {
  if (request.marker.empty()) return;
  const auto row = store::find_image(session, request.marker);
  if (!row || !may_see(session, *row, request.viewer))
    throw Error(ErrorKind::bad_request, fmt::format("No image found with ID {}", request.marker));
}

}  // namespace

Image Registry::add(const AddImage& request) {
  Image image = request.image;
  image.created_at = image.updated_at = runtime_.clock.now();
  try {
    database_.write("add image", [&](Session& session) { store::insert_image(session, image); });
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::conflict) throw;
    throw Error(ErrorKind::conflict, fmt::format("Image ID {} already exists!", image.id));
  }
  return image;
}

Image Registry::get(const GetImage& request) {
  return database_.read([&](Session& session) {
    store::ImageRow row = get_row(session, request.id);
    if (!may_see(session, row, request.viewer)) not_found(request.id);
    return store::to_image(session, std::move(row));
  });
}

ImagePage Registry::list(const ListImages& request) {
  std::vector<Image> images = database_.read([&](Session& session) {
    check_marker(session, request);
    return store::list_images(session, request);
  });
  ImagePage page;
  page.count = static_cast<int64_t>(images.size());
  if (!images.empty()) page.last_id = images.back().id;
  if (!request.rendered) {
    page.images = std::move(images);
    return page;
  }
  base::JsonWriter json;
  json.begin_array();
  for (const Image& image : images) write_image(json, image);
  json.end_array();
  page.documents = json.take();
  return page;
}

Image Registry::update(const std::string& request_id, const UpdateImage& request) {
  Image image = request.image;
  const base::TimePoint now = runtime_.clock.now();
  database_.write("update image", [&](Session& session) {
    if (!store::update_image(session, image, now)) {
      static_cast<void>(get_row(session, image.id));
      throw Error(
          ErrorKind::conflict,
          fmt::format("Image {} was changed by somebody else meanwhile; read it again.", image.id));
    }
    if (request.sets_locations) replace_locations(session, request_id, request);
  });
  image.updated_at = now;
  return image;
}

// The image is as it was when the locations were chosen: `updated_at` has told.
void Registry::replace_locations(Session& session, const std::string& request_id,
                                 const UpdateImage& request) {
  const Image& image = request.image;
  const auto& wanted = image.locations;
  const auto before = store::list_locations(session, get_row(session, image.id));
  require_storage(session, image.owner, image.id,
                  image.size.value_or(0) * static_cast<int64_t>(wanted.size()),
                  wanted.size() > before.size() ? request.storage_quota : 0);
  store::set_locations(session, image.id, wanted);
  session.execute(
      "UPDATE images SET status=?, size=?, checksum=?, os_hash_algo=?, os_hash_value=? WHERE id=?",
      {image.status, image.size, image.checksum, image.os_hash_algo, image.os_hash_value,
       image.id});
  for (const ImageLocation& old : before)
    if (std::ranges::find(wanted, old.url, &ImageLocation::url) == wanted.end())
      enqueue_removal(session, runtime_, request_id, image.id, old.url);
}

void Registry::remove(const std::string& request_id, const DeleteImage& request) {
  const base::TimePoint now = runtime_.clock.now();
  database_.write("delete image", [&](Session& session) {
    const store::ImageRow row = get_row(session, request.id);
    if (row.is_protected)
      throw Error(ErrorKind::forbidden,
                  fmt::format("Image {} is protected and cannot be deleted.", request.id));
    session.execute(
        "UPDATE images SET status='deleted', deleted=1, staged_location=NULL, digests_due=NULL, "
        "updated_at=? WHERE id=?",
        {now, request.id});
    for (const ImageLocation& location : store::list_locations(session, row))
      enqueue_removal(session, runtime_, request_id, request.id, location.url);
    if (row.staged_location)
      enqueue_removal(session, runtime_, request_id, request.id, *row.staged_location);
    for (const char* table :
         {"image_members", "image_tags", "image_properties", "image_locations", "image_copies"})
      session.execute(fmt::format("DELETE FROM {} WHERE image_id=?", table), {request.id});
  });
}

void Registry::delete_from_store(const std::string& request_id, const DeleteFromStore& request) {
  const base::TimePoint now = runtime_.clock.now();
  database_.write("delete from store", [&](Session& session) {
    const store::ImageRow row = get_row(session, request.id);
    if (row.status != "active")
      throw Error(ErrorKind::conflict,
                  "It's not allowed to remove image data from store if image status is not "
                  "'active'");
    if (store::list_locations(session, row).size() == 1)
      throw Error(ErrorKind::forbidden,
                  "Cannot delete image data from the only store containing it. Consider deleting "
                  "the image instead.");
    const auto location = store::take_location(session, row, request.store);
    if (!location)
      throw Error(ErrorKind::not_found,
                  fmt::format("Image {} is not stored in store {}.", request.id, request.store));
    store::touch(session, request.id, now);
    enqueue_removal(session, runtime_, request_id, request.id, *location);
  });
}

void Registry::set_active(const SetImageActive& request) {
  database_.write("activate image", [&](Session& session) {
    const store::ImageRow row = get_row(session, request.id);
    if (row.status != "active" && row.status != "deactivated")
      throw Error(ErrorKind::forbidden,
                  fmt::format("Not allowed to {} image in status '{}'",
                              request.active ? "reactivate" : "deactivate", row.status));
    session.execute("UPDATE images SET status=?, updated_at=? WHERE id=?",
                    {request.active ? "active" : "deactivated", runtime_.clock.now(), request.id});
  });
}

void Registry::set_tag(const SetTag& request) {
  database_.write("tag image", [&](Session& session) {
    static_cast<void>(get_row(session, request.id));
    const int64_t removed = session.change("DELETE FROM image_tags WHERE image_id=? AND tag=?",
                                           {request.id, request.tag});
    if (!request.present && removed == 0)
      throw Error(ErrorKind::not_found, "Could not find tag " + request.tag);
    if (request.present)
      session.execute("INSERT INTO image_tags (image_id, tag) VALUES (?,?)",
                      {request.id, request.tag});
    if (request.present)
      require_quota(platform::number(session, "SELECT COUNT(*) FROM image_tags WHERE image_id=?",
                                     {request.id}),
                    request.quota, "image tags");
    session.execute("UPDATE images SET updated_at=? WHERE id=?",
                    {runtime_.clock.now(), request.id});
  });
}

void enqueue_removal(Session& session, const platform::Runtime& runtime,
                     const std::string& request_id, const std::string& image_id,
                     const std::string& location) {
  platform::enqueue(session, std::string(kApiTopic),
                    platform::make_message(runtime.random.uuid(), request_id, nullptr,
                                           RemoveImageData{image_id, location}),
                    runtime.clock.now());
}

}  // namespace glance::registry
