#include "glance/registry/imports.hpp"
#include "glance/registry/metadefs.hpp"
#include "glance/registry/registry.hpp"
#include "glance/service.hpp"
#include "platform/database/outbox.hpp"

namespace glance {
namespace registry {

platform::Dispatcher make_dispatcher(Registry& registry) {
  using platform::Message;
  using platform::Nothing;
  platform::Dispatcher dispatcher;
  dispatcher.on<AddImage>([&](const Message&, const AddImage& m) { return registry.add(m); })
      .on<GetImage>([&](const Message&, const GetImage& m) { return registry.get(m); })
      .on<ListImages>([&](const Message&, const ListImages& m) { return registry.list(m); })
      .on<UpdateImage>([&](const Message& message, const UpdateImage& m) {
        return registry.update(message.request_id, m);
      })
      .on<DeleteImage>([&](const Message& message, const DeleteImage& m) {
        registry.remove(message.request_id, m);
        return Nothing{};
      })
      .on<SetImageActive>([&](const Message&, const SetImageActive& m) {
        registry.set_active(m);
        return Nothing{};
      })
      .on<SetTag>([&](const Message&, const SetTag& m) {
        registry.set_tag(m);
        return Nothing{};
      })
      .on<BeginUpload>([&](const Message&, const BeginUpload& m) {
        registry.begin_upload(m);
        return Nothing{};
      })
      .on<ContinueUpload>([&](const Message&, const ContinueUpload& m) {
        registry.continue_upload(m);
        return Nothing{};
      })
      .on<FinishUpload>([&](const Message&, const FinishUpload& m) {
        registry.finish_upload(m);
        return Nothing{};
      })
      .on<FinishStaging>([&](const Message&, const FinishStaging& m) {
        registry.finish_staging(m);
        return Nothing{};
      })
      .on<DeleteFromStore>([&](const Message& message, const DeleteFromStore& m) {
        registry.delete_from_store(message.request_id, m);
        return Nothing{};
      })
      .on<AbortUpload>([&](const Message&, const AbortUpload& m) {
        registry.abort_upload(m);
        return Nothing{};
      })
      .on<ForgetLocation>([&](const Message&, const ForgetLocation& m) {
        registry.forget_location(m);
        return Nothing{};
      })
      .on<SetDigests>([&](const Message&, const SetDigests& m) {
        registry.set_digests(m);
        return Nothing{};
      })
      .on<GetStorageUse>(
          [&](const Message&, const GetStorageUse& m) { return registry.storage_use(m); })
      .on<ListOwnedData>(
          [&](const Message&, const ListOwnedData&) { return registry.list_owned_data(); })
      .on<AddMember>([&](const Message&, const AddMember& m) { return registry.add_member(m); })
      .on<SetMemberStatus>(
          [&](const Message&, const SetMemberStatus& m) { return registry.set_member_status(m); })
      .on<RemoveMember>([&](const Message&, const RemoveMember& m) {
        registry.remove_member(m);
        return Nothing{};
      })
      .on<ListMembers>(
          [&](const Message&, const ListMembers& m) { return registry.list_members(m); });
  return dispatcher;
}

}  // namespace registry

namespace {

class RegistryRole final : public openstack::Role {
 public:
  explicit RegistryRole(openstack::RoleEnvironment environment)
      : relay_(environment.runtime, *environment.database, environment.bus),
        registry_(environment.runtime, *environment.database),
        metadefs_(environment.runtime, *environment.database),
        imports_(environment.runtime, *environment.database),
        subscription_(environment.bus.subscribe(std::string(kRegistryTopic), dispatcher(),
                                                {"glance-registry"})),
        reaper_(environment.runtime.executor, "glance-registry reaper", std::chrono::seconds{10},
                [this] {
                  registry_.end_overdue_uploads();
                  registry_.ask_for_overdue_digests();
                  imports_.look_after();
                }) {}

 private:
  platform::Dispatcher dispatcher() {
    platform::Dispatcher dispatcher = registry::make_dispatcher(registry_);
    registry::add_handlers(dispatcher, metadefs_);
    registry::add_handlers(dispatcher, imports_);
    return dispatcher;
  }

  platform::OutboxRelay relay_;
  registry::Registry registry_;
  registry::Metadefs metadefs_;
  registry::Imports imports_;
  std::unique_ptr<platform::Subscription> subscription_;
  platform::Periodic reaper_;
};

}  // namespace

std::unique_ptr<openstack::Role> make_glance_registry(openstack::RoleEnvironment environment) {
  return std::make_unique<RegistryRole>(environment);
}

}  // namespace glance
