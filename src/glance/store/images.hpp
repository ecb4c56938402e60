// Rows and queries of images.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "glance/image.hpp"
#include "glance/messages.hpp"
#include "platform/database/database.hpp"

namespace glance::store {

// A row of `images`; the upload columns say who brings its bytes and until when that counts.
struct ImageRow {
  static constexpr std::string_view kTable = "images";
  std::string id;
  std::optional<std::string> name;
  std::string owner;
  std::string status;
  std::string visibility;
  std::optional<std::string> disk_format;
  std::optional<std::string> container_format;
  std::optional<std::string> checksum;
  std::optional<std::string> os_hash_algo;
  std::optional<std::string> os_hash_value;
  std::optional<int64_t> size;
  std::optional<int64_t> virtual_size;
  int64_t min_disk = 0;
  int64_t min_ram = 0;
  bool is_protected = false;
  bool os_hidden = false;
  std::optional<std::string> location;
  std::optional<std::string> store;
  std::optional<std::string> staged_location;
  std::optional<std::string> upload_operation;
  std::optional<std::string> upload_host;
  std::optional<base::TimePoint> upload_deadline;
  bool deleted = false;
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(ImageRow, (),
                      (id, name, owner, status, visibility, disk_format, container_format, checksum,
                       os_hash_algo, os_hash_value, size, virtual_size, min_disk, min_ram,
                       is_protected, os_hidden, location, store, staged_location, upload_operation,
                       upload_host, upload_deadline, deleted, created_at, updated_at))

// Not deleted.
[[nodiscard]] std::optional<ImageRow> find_image(platform::Session& session, const std::string& id);
// With properties and tags.
[[nodiscard]] Image to_image(platform::Session& session, ImageRow row);
// Throws Error(conflict) if the id is taken.
void insert_image(platform::Session& session, const Image& image);
// Writes what users may change, if the row is still as it was at `image.updated_at`; false: it is
// not.
[[nodiscard]] bool update_image(platform::Session& session, const Image& image,
                                base::TimePoint now);
// A page in the order asked for, with properties and tags. Throws Error(bad_request) for a marker
// that is not an image.
[[nodiscard]] std::vector<Image> list_images(platform::Session& session, const ListImages& request);
// Whether the project is a member of the image, whatever its status.
[[nodiscard]] bool is_member(platform::Session& session, const std::string& image_id,
                             const std::string& project_id);

// The places of its bytes, in their order.
[[nodiscard]] std::vector<ImageLocation> list_locations(platform::Session& session,
                                                        const ImageRow& image);
void set_locations(platform::Session& session, const std::string& image_id,
                   const std::vector<ImageLocation>& locations);
// One more store has the image's bytes; the first one tells what they are.
void add_location(platform::Session& session, const ImageRow& image, const std::string& store,
                  const StoredData& data, base::TimePoint now);
// The store has them no more. Where it had them first; nullopt if it had none. The image's hashes
// stay.
[[nodiscard]] std::optional<std::string> take_location(platform::Session& session,
                                                       const ImageRow& image,
                                                       const std::string& store);
// Whoever has read it before cannot write it any more.
void touch(platform::Session& session, const std::string& image_id, base::TimePoint now);

}  // namespace glance::store
