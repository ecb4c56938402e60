// /volumes/{id}/metadata.
// https://docs.openstack.org/api-ref/block-storage/v3/#volumes-volumes
#include "cinder/api/metadata_handlers.hpp"
#include "cinder/api/routes.hpp"
#include "cinder/app/volumes.hpp"

namespace cinder::api {

openstack::Routes volume_metadata_routes(app::App& app) {
  auto volumes =
      metadata_of<store::VolumeRow>(app, "volume_id", app::get_volume, app::update_volume);
  volumes.collection = "/volumes/{volume_id}/metadata";
  volumes.item = "/volumes/{volume_id}/metadata/{key}";
  volumes.has_etags = true;
  volumes.policies = {"volume:get_volume_metadata", "volume:create_volume_metadata",
                      "volume:update_volume_metadata", "volume:delete_volume_metadata"};
  return metadata_routes(volumes);
}

}  // namespace cinder::api
