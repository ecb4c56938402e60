// What glance-api and glance-registry say to each other. glance-api has no database: whatever it
// knows of an image it asks the registry for, by calls to "registry".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/described.hpp"
#include "glance/image.hpp"
#include "platform/bus/dispatcher.hpp"

namespace glance {

inline constexpr std::string_view kRegistryTopic = "registry";
inline constexpr std::string_view kApiTopic = "glance";

// Who asks, for what they may see.
struct Viewer {
  std::string project_id;
  bool admin = false;
};
BOOST_DESCRIBE_STRUCT(Viewer, (), (project_id, admin))

struct AddImage {
  using Reply = Image;
  static constexpr std::string_view kType = "AddImage";
  static constexpr int kVersion = 1;
  Image image;
};
BOOST_DESCRIBE_STRUCT(AddImage, (), (image))

// Error(not_found) unless the viewer may see it.
struct GetImage {
  using Reply = Image;
  static constexpr std::string_view kType = "GetImage";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string id;
  Viewer viewer;
};
BOOST_DESCRIBE_STRUCT(GetImage, (), (id, viewer))

// One condition of a list: `column` op `values`. Properties of the user are "property:<name>".
struct ImageFilter {
  std::string field;
  std::string operation;  // "in" (one or more values), "gte", "gt", "lte", "lt", "neq"
  std::vector<std::string> values;
};
BOOST_DESCRIBE_STRUCT(ImageFilter, (), (field, operation, values))

struct SortBy {
  std::string column;
  bool ascending = false;
};
BOOST_DESCRIBE_STRUCT(SortBy, (), (column, ascending))

// The page as JSON text: an array of image documents, rendered once, next to the rows; or the
// images, for who shows them otherwise.
struct ImagePage {
  std::string documents;
  int64_t count = 0;
  std::string last_id;
  std::vector<Image> images;
};
BOOST_DESCRIBE_STRUCT(ImagePage, (), (documents, count, last_id, images))

struct ListImages {
  using Reply = ImagePage;
  static constexpr std::string_view kType = "ListImages";
  static constexpr int kVersion = 2;
  static constexpr bool kRepeatable = true;
  Viewer viewer;
  std::vector<ImageFilter> filters;
  std::vector<std::string> tags;  // all of them
  std::string visibility;         // empty: whatever is listed by default; "all"
  std::string member_status = "accepted";
  bool hidden = false;
  std::vector<SortBy> sort;
  std::string marker;
  int64_t limit = 25;
  bool rendered = true;  // false: `images` is wanted, not `documents`
};
BOOST_DESCRIBE_STRUCT(ListImages, (),
                      (viewer, filters, tags, visibility, member_status, hidden, sort, marker,
                       limit, rendered))

// Replaces what users may change. Error(conflict) if the image has changed since `image.updated_at`
// was read. `sets_locations`: the image's locations, status, size and hashes too, and bytes at
// locations that it has no more are removed; Error(too_large) as FinishUpload.
struct UpdateImage {
  using Reply = Image;
  static constexpr std::string_view kType = "UpdateImage";
  static constexpr int kVersion = 2;
  Image image;
  bool sets_locations = false;
  int64_t storage_quota = 0;  // bytes
};
BOOST_DESCRIBE_STRUCT(UpdateImage, (), (image, sets_locations, storage_quota))

// Marks it deleted and has its bytes removed. Error(forbidden) if it is protected.
struct DeleteImage {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "DeleteImage";
  static constexpr int kVersion = 1;
  std::string id;
};
BOOST_DESCRIBE_STRUCT(DeleteImage, (), (id))

// active <-> deactivated.
struct SetImageActive {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "SetImageActive";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string id;
  bool active = true;
};
BOOST_DESCRIBE_STRUCT(SetImageActive, (), (id, active))

struct SetTag {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "SetTag";
  static constexpr int kVersion = 1;
  std::string id;
  std::string tag;
  bool present = true;  // false: Error(not_found) if it is not there
  int64_t quota = -1;   // as AddMember's, of tags
};
BOOST_DESCRIBE_STRUCT(SetTag, (), (id, tag, present, quota))

// ---- upload: queued -> saving -> active, by one operation of one glance-api
// -------------------------

// Error(conflict) unless the image is queued.
struct BeginUpload {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "BeginUpload";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string id;
  std::string operation;
  std::string host;
  std::string status = "saving";  // the image's meanwhile; "uploading": to be staged
};
BOOST_DESCRIBE_STRUCT(BeginUpload, (), (id, operation, host, status))

// The process that receives it lives: moves the deadline. Error(conflict) if the operation is not
// the image's.
struct ContinueUpload {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "ContinueUpload";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string id;
  std::string operation;
};
BOOST_DESCRIBE_STRUCT(ContinueUpload, (), (id, operation))

// What a store has taken in.
struct StoredData {
  std::string checksum;  // empty, as the next one: not known yet
  std::string os_hash_value;
  int64_t size = 0;
  std::optional<int64_t> virtual_size;
  std::string location;
};
BOOST_DESCRIBE_STRUCT(StoredData, (), (checksum, os_hash_value, size, virtual_size, location))

// What a project's images need of the stores, `except_image` left out.
struct StorageUse {
  int64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(StorageUse, (), (bytes))

struct GetStorageUse {
  using Reply = StorageUse;
  static constexpr std::string_view kType = "GetStorageUse";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string owner;
  std::string except_image;
};
BOOST_DESCRIBE_STRUCT(GetStorageUse, (), (owner, except_image))

// The bytes are in the store. Error(gone) if the image was deleted meanwhile, Error(too_large) if
// they are more than `storage_quota` leaves to its owner; zero: any number.
struct FinishUpload {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "FinishUpload";
  static constexpr int kVersion = 3;
  static constexpr bool kRepeatable = true;
  std::string id;
  std::string operation;
  std::string store;  // empty: stores have no names
  StoredData data;
  int64_t storage_quota = 0;  // bytes
};
BOOST_DESCRIBE_STRUCT(FinishUpload, (), (id, operation, store, data, storage_quota))

// The bytes are staged: the image stays uploading until they are imported. Error(gone) as above.
struct FinishStaging {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "FinishStaging";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string id;
  std::string operation;
  std::string location;
};
BOOST_DESCRIBE_STRUCT(FinishStaging, (), (id, operation, location))

// Back to queued, if the operation still is the image's.
struct AbortUpload {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "AbortUpload";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string id;
  std::string operation;
};
BOOST_DESCRIBE_STRUCT(AbortUpload, (), (id, operation))

// What of all stores and of what is staged has an owner: locations of images, and names of what is
// on its way in.
struct OwnedData {
  std::vector<std::string> locations;
  std::vector<std::string> uploads;
};
BOOST_DESCRIBE_STRUCT(OwnedData, (), (locations, uploads))

struct ListOwnedData {
  using Reply = OwnedData;
  static constexpr std::string_view kType = "ListOwnedData";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
};
BOOST_DESCRIBE_STRUCT(ListOwnedData, (), ())

// Under which the store receives the bytes of an upload.
[[nodiscard]] inline std::string upload_name(const std::string& image_id,
                                             const std::string& operation) {
  return image_id + "." + operation;
}

// What somebody who has read all of the image at this location found. Nothing happens if the image
// is not there any more, or has its digests.
struct SetDigests {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "SetDigests";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string id;
  std::string location;
  std::string checksum;
  std::string os_hash_value;
};
BOOST_DESCRIBE_STRUCT(SetDigests, (), (id, location, checksum, os_hash_value))

// Takes an active image away from a store. Error(forbidden) if it is nowhere else, Error(not_found)
// if it is not there.
struct DeleteFromStore {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "DeleteFromStore";
  static constexpr int kVersion = 1;
  std::string id;
  std::string store;
};
BOOST_DESCRIBE_STRUCT(DeleteFromStore, (), (id, store))

// ---- members
// ---------------------------------------------------------------------------------------

struct AddMember {
  using Reply = Member;
  static constexpr std::string_view kType = "AddMember";
  static constexpr int kVersion = 1;
  std::string image_id;
  std::string member;
  int64_t quota = -1;  // Error(too_large) for more members than that; below zero: any number
};
BOOST_DESCRIBE_STRUCT(AddMember, (), (image_id, member, quota))

struct SetMemberStatus {
  using Reply = Member;
  static constexpr std::string_view kType = "SetMemberStatus";
  static constexpr int kVersion = 1;
  std::string image_id;
  std::string member;
  std::string status;
};
BOOST_DESCRIBE_STRUCT(SetMemberStatus, (), (image_id, member, status))

struct RemoveMember {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "RemoveMember";
  static constexpr int kVersion = 1;
  std::string image_id;
  std::string member;
};
BOOST_DESCRIBE_STRUCT(RemoveMember, (), (image_id, member))

struct MemberList {
  std::vector<Member> members;
};
BOOST_DESCRIBE_STRUCT(MemberList, (), (members))

// All of the image, or only the given one.
struct ListMembers {
  using Reply = MemberList;
  static constexpr std::string_view kType = "ListMembers";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string image_id;
  std::string only_member;
};
BOOST_DESCRIBE_STRUCT(ListMembers, (), (image_id, only_member))

// ---- to "glance" (cast from the registry's outbox)
// --------------------------------------------------

// Nobody wants these bytes of an image any more: remove them, then say so with ForgetLocation.
struct RemoveImageData {
  static constexpr std::string_view kType = "RemoveImageData";
  static constexpr int kVersion = 1;
  std::string id;
  std::string location;
};
BOOST_DESCRIBE_STRUCT(RemoveImageData, (), (id, location))

// The image became active before its digests were known: read all of it, then say SetDigests. Who
// is not heard of is asked again.
struct ComputeDigests {
  static constexpr std::string_view kType = "ComputeDigests";
  static constexpr int kVersion = 1;
  std::string id;
};
BOOST_DESCRIBE_STRUCT(ComputeDigests, (), (id))

struct ForgetLocation {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "ForgetLocation";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string id;
};
BOOST_DESCRIBE_STRUCT(ForgetLocation, (), (id))

}  // namespace glance
