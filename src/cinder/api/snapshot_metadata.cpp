// /snapshots/{id}/metadata.
// https://docs.openstack.org/api-ref/block-storage/v3/#volume-snapshots-snapshots
#include "cinder/api/metadata_handlers.hpp"
#include "cinder/api/routes.hpp"
#include "cinder/app/snapshots.hpp"

namespace cinder::api {

openstack::Routes snapshot_metadata_routes(app::App& app) {
  MetadataOf snapshots;
  snapshots.collection = "/snapshots/{snapshot_id}/metadata";
  snapshots.item = "/snapshots/{snapshot_id}/metadata/{key}";
  snapshots.policies = {"volume:get_snapshot_metadata", "volume:update_snapshot_metadata",
                        "volume:update_snapshot_metadata", "volume:delete_snapshot_metadata"};
  snapshots.read = [&app](ApiRequest& request) {
    return app::get_snapshot(app, request.context, request.parameter("snapshot_id")).metadata;
  };
  snapshots.change = [&app](ApiRequest& request,
                            const std::function<void(openstack::Metadata&)>& alter) {
    openstack::Metadata result;
    app::update_snapshot(
        app, request.context, request.parameter("snapshot_id"),
        [&](store::SnapshotRow& snapshot) { result = alter_metadata(snapshot, alter); });
    return result;
  };
  return metadata_routes(snapshots);
}

}  // namespace cinder::api
