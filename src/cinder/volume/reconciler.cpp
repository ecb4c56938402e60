#include <set>

#include "cinder/store/snapshots.hpp"
#include "cinder/store/volume_migrations.hpp"
#include "cinder/store/volumes.hpp"
#include "cinder/volume/exports.hpp"
#include "platform/current_request.hpp"
#include "platform/log.hpp"

namespace cinder::volume {

using drivers::Item;
using drivers::Kind;
using platform::Session;

void Reconciler::resume_operations() {
  const std::string topic = backend_.topic();
  std::vector<store::VolumeRow> volumes;
  std::vector<store::SnapshotRow> snapshots;
  backend_.core.database.read([&](Session& session) {
    volumes = store::list_volumes_of_owner(session, topic);
    snapshots = store::list_snapshots_of_owner(session, topic);
  });
  const app::Origin origin{platform::current_request().request_id, nullptr};
  for (const auto& volume : volumes)
    despite_errors(volume.id, [&] {
      platform::log_info("taking up an operation volume={} status={}", volume.id, volume.status);
      work_on_volume(backend_, origin, {volume.id, volume.operation_id});
    });
  for (const auto& snapshot : snapshots)
    despite_errors(snapshot.id, [&] {
      platform::log_info("taking up an operation snapshot={} status={}", snapshot.id,
                         snapshot.status);
      work_on_snapshot(backend_, {snapshot.id, snapshot.operation_id});
    });
}

void Reconciler::run() {
  restore_exports(backend_);
  // What is here is listed first: an item that comes meanwhile is then no stray.
  const auto found = backend_.provider->list();
  std::set<Item> owned;
  backend_.core.database.read([&](Session& session) {
    for (auto& id : store::list_volume_ids_in_pool(session, backend_.pool()))
      owned.insert({Kind::volume, std::move(id)});
    for (auto& id : store::list_volume_ids_coming_to(session, backend_.pool()))
      owned.insert({Kind::volume, std::move(id)});
    for (auto& id : store::list_snapshot_ids_in_pool(session, backend_.pool()))
      owned.insert({Kind::snapshot, std::move(id)});
  });
  for (const Item& item : found)
    if (!owned.contains(item)) despite_errors(item.id, [&] { remove_stray(item); });
}

bool Reconciler::is_owned(const Item& item) {
  return backend_.core.database.read([&](Session& session) {
    if (item.kind == Kind::snapshot) {
      const auto snapshot = store::find_snapshot(session, item.id);
      return snapshot && snapshot->pool == backend_.pool();
    }
    const auto volume = store::find_volume(session, item.id);
    return volume && (volume->pool == backend_.pool() ||
                      store::is_coming_to(session, item.id, backend_.pool()));
  });
}

void Reconciler::remove_stray(const Item& item) {
  const openstack::Slots::Slot slot(backend_.slots, item.id);
  // Asked again with the slot held: it may have come between the two lists.
  if (is_owned(item)) return;
  platform::log_warning("removing what has no owner pool={} item={}", backend_.pool(), item.id);
  backend_.remove(item);
}

}  // namespace cinder::volume
