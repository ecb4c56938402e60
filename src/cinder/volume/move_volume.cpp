// A volume that goes to another back end of this process: copied whole, then it is there. Whoever
// takes over copies again; what is left in the wrong place the reconciler of that back end removes.
#include "cinder/app/lifecycle.hpp"
#include "cinder/store/volume_migrations.hpp"
#include "cinder/volume/backend.hpp"
#include "platform/log.hpp"

namespace cinder::volume {
namespace {

using drivers::Kind;
using platform::Session;
using store::MigrationRow;
using store::VolumeRow;

void copy_across(const drivers::Provider& from, drivers::Provider& to, const VolumeRow& volume) {
  constexpr size_t kCopiedAtOnce = 1 << 20;
  platform::http::Response holder;
  holder.stream = from.read(volume.id);
  const auto reader = platform::http::take_body(holder);
  const auto writer = to.write(volume.id, volume.size_gib);
  std::string chunk(kCopiedAtOnce, '\0');
  while (const size_t count = reader->read(chunk.data(), chunk.size()))
    writer->write(std::string_view(chunk.data(), count));
  writer->commit();
}

// False: it stays where it is, and nothing of it is there.
bool try_to_copy(Backend& backend, const VolumeRow& volume, const MigrationRow& migration) {
  const auto target = backend.neighbours->find(backend_of(migration.target_pool));
  if (!target) return false;
  try {
    copy_across(*backend.provider, *target, volume);
    return true;
  } catch (const base::Error& error) {
    platform::log_error("volume not moved volume={} to={} error={}", volume.id,
                        migration.target_pool, error.what());
    target->remove({Kind::volume, volume.id});
    return false;
  }
}

// True: the volume is in its new pool from now on.
bool end_move(Backend& backend, const VolumeRow& volume, const MigrationRow* there) {
  const base::TimePoint now = backend.core.now();
  return backend.core.database.write("volume.moved", [&](Session& session) {
    auto row = store::find_volume_in_operation(session, volume.id, volume.operation_id);
    if (!row) return false;
    const VolumeRow before = *row;
    row->migration_status = there ? "success" : "error";
    if (there) {
      row->pool = there->target_pool;
      row->volume_type_id = there->volume_type_id;
    }
    platform::update(session, *row, before);
    app::end_operation(session, *row, volume.previous_status, now);
    return there != nullptr;
  });
}

}  // namespace

void move_volume(Backend& backend, const VolumeRow& volume) {
  const auto migration = backend.core.database.read([&](Session& session) {
    return store::find_migration(session, volume.id, volume.operation_id);
  });
  const bool copied = migration && try_to_copy(backend, volume, *migration);
  if (end_move(backend, volume, copied ? &*migration : nullptr))
    backend.remove({Kind::volume, volume.id});
}

}  // namespace cinder::volume
