// What lies in a back end becomes Cinder's, or is let go: for volumes and for snapshots.
#include "cinder/app/lifecycle.hpp"
#include "cinder/app/quotas.hpp"
#include "cinder/store/managed_sources.hpp"
#include "cinder/volume/backend.hpp"
#include "platform/log.hpp"

namespace cinder::volume {
namespace {

using drivers::Item;
using drivers::Kind;
using platform::Session;
using store::SnapshotRow;
using store::VolumeRow;

std::optional<VolumeRow> find_now(Session& session, const VolumeRow& seen) {
  return store::find_volume_in_operation(session, seen.id, seen.operation_id);
}
std::optional<SnapshotRow> find_now(Session& session, const SnapshotRow& seen) {
  return store::find_snapshot_in_operation(session, seen.id, seen.operation_id);
}

// The size in GiB; none: it could not be taken over.
template <class Row>
std::optional<int64_t> try_to_manage(Backend& backend, Kind kind, const Row& row) {
  const auto source = backend.core.database.read([&](Session& session) {
    return store::find_managed_source(session, row.id, row.operation_id);
  });
  if (!source) return std::nullopt;
  try {
    return backend.provider->manage(source->name, {kind, row.id});
  } catch (const base::Error& error) {
    platform::log_error("not managed item={} source={} error={}", row.id, source->name,
                        error.what());
    return std::nullopt;
  }
}

template <class Row>
void end_unmanaging(Backend& backend, Kind kind, const Row& seen,
                    void (*forget)(Session&, const std::string&)) {
  backend.provider->unmanage({kind, seen.id});
  backend.core.database.write("unmanaged", [&](Session& session) {
    if (find_now(session, seen)) forget(session, seen.id);
  });
}

// Its size counts from now on, if the project may have so much.
std::string_view take_size(Session& session, const Backend& backend, VolumeRow& volume,
                           int64_t size_gib) {
  try {
    app::check_quota(session, backend.core.settings, volume.project_id,
                     {volume.volume_type_id, 0, 0, size_gib, 0});
  } catch (const base::Error&) {
    return "error_managing";
  }
  volume.size_gib = volume.claimed_gib = size_gib;
  return "available";
}

}  // namespace

void manage_volume(Backend& backend, const VolumeRow& volume) {
  const auto size = try_to_manage(backend, Kind::volume, volume);
  const base::TimePoint now = backend.core.now();
  const auto status =
      backend.core.database.write("volume.managed", [&](Session& session) -> std::string {
        auto row = find_now(session, volume);
        if (!row) return "";
        const VolumeRow before = *row;
        const std::string_view ends_as =
            size ? take_size(session, backend, *row, *size) : "error_managing";
        row->launched_at = now;
        platform::update(session, *row, before);
        store::delete_managed_source(session, row->id);
        app::end_operation(session, *row, ends_as, now);
        return std::string(ends_as);
      });
  // Over quota: it goes back to where it was.
  if (size && status == "error_managing") backend.provider->unmanage({Kind::volume, volume.id});
}

void manage_snapshot(Backend& backend, const SnapshotRow& snapshot) {
  const auto size = try_to_manage(backend, Kind::snapshot, snapshot);
  const bool fits = size && *size == snapshot.size_gib;
  if (size && !fits) backend.provider->unmanage({Kind::snapshot, snapshot.id});
  const base::TimePoint now = backend.core.now();
  backend.core.database.write("snapshot.managed", [&](Session& session) {
    const auto row = find_now(session, snapshot);
    if (!row) return;
    store::delete_managed_source(session, row->id);
    app::end_operation(session, *row, fits ? "available" : "error_managing", now);
  });
}

void unmanage_volume(Backend& backend, const VolumeRow& volume) {
  end_unmanaging(backend, Kind::volume, volume, store::delete_volume);
}

void unmanage_snapshot(Backend& backend, const SnapshotRow& snapshot) {
  end_unmanaging(backend, Kind::snapshot, snapshot, store::delete_snapshot);
}

}  // namespace cinder::volume
