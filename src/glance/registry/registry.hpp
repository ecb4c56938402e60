// glance-registry: keeps the metadata of images and answers "registry".
#pragma once

#include "glance/messages.hpp"
#include "platform/bus/dispatcher.hpp"
#include "platform/database/database.hpp"
#include "platform/runtime.hpp"

namespace glance::registry {

// An upload of which its glance-api has said nothing for this long is over: its image is queued
// again. A glance-api that starts ends none: another one on its host may live.
inline constexpr base::Duration kUploadPatience = std::chrono::seconds{45};

// What the messages do. Thread-safe. Errors as the messages document them.
class Registry {
 public:
  Registry(platform::Runtime runtime, platform::Database& database)
      : runtime_(runtime), database_(database) {}

  Image add(const AddImage& request);
  [[nodiscard]] Image get(const GetImage& request);
  [[nodiscard]] ImagePage list(const ListImages& request);
  Image update(const std::string& request_id, const UpdateImage& request);
  void remove(const std::string& request_id, const DeleteImage& request);
  void set_active(const SetImageActive& request);
  void set_tag(const SetTag& request);

  void begin_upload(const BeginUpload& request);
  void continue_upload(const ContinueUpload& request);
  void finish_upload(const FinishUpload& request);
  void finish_staging(const FinishStaging& request);
  void abort_upload(const AbortUpload& request);
  [[nodiscard]] StorageUse storage_use(const GetStorageUse& request);
  [[nodiscard]] OwnedData list_owned_data();
  void forget_location(const ForgetLocation& request);
  void delete_from_store(const std::string& request_id, const DeleteFromStore& request);
  // Queues again what was being uploaded by somebody who has vanished.
  void end_overdue_uploads();
  void set_digests(const SetDigests& request);
  // Of whoever was asked for digests and has not been heard of.
  void ask_for_overdue_digests();

  Member add_member(const AddMember& request);
  Member set_member_status(const SetMemberStatus& request);
  void remove_member(const RemoveMember& request);
  [[nodiscard]] MemberList list_members(const ListMembers& request);

 private:
  void replace_locations(platform::Session& session, const std::string& request_id,
                         const UpdateImage& request);

  platform::Runtime runtime_;
  platform::Database& database_;
};

// Has an image's bytes removed from where they are, once this transaction is committed.
void enqueue_removal(platform::Session& session, const platform::Runtime& runtime,
                     const std::string& request_id, const std::string& image_id,
                     const std::string& location);

// Has somebody read all of an active image of so many bytes for its digests, once this transaction
// is committed.
void ask_for_digests(platform::Session& session, const platform::Runtime& runtime,
                     const std::string& request_id, const std::string& image_id, int64_t size);

// One handler per message.
[[nodiscard]] platform::Dispatcher make_dispatcher(Registry& registry);

}  // namespace glance::registry
