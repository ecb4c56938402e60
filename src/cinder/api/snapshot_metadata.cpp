// /snapshots/{id}/metadata.
// https://docs.openstack.org/api-ref/block-storage/v3/#volume-snapshots-snapshots
#include "cinder/api/metadata_handlers.hpp"
#include "cinder/api/routes.hpp"
#include "cinder/app/snapshots.hpp"

namespace cinder::api {

openstack::Routes snapshot_metadata_routes(app::App& app) {
  auto snapshots =
      metadata_of<store::SnapshotRow>(app, "snapshot_id", app::get_snapshot, app::update_snapshot);
  snapshots.collection = "/snapshots/{snapshot_id}/metadata";
  snapshots.item = "/snapshots/{snapshot_id}/metadata/{key}";
  snapshots.policies = {"volume:get_snapshot_metadata", "volume:update_snapshot_metadata",
                        "volume:update_snapshot_metadata", "volume:delete_snapshot_metadata"};
  return metadata_routes(snapshots);
}

}  // namespace cinder::api
