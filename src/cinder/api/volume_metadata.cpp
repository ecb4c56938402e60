// /volumes/{id}/metadata.
// https://docs.openstack.org/api-ref/block-storage/v3/#volumes-volumes
#include "cinder/api/metadata_handlers.hpp"
#include "cinder/api/routes.hpp"
#include "cinder/app/volumes.hpp"

namespace cinder::api {

openstack::Routes volume_metadata_routes(app::App& app) {
  MetadataOf volumes;
  volumes.collection = "/volumes/{volume_id}/metadata";
  volumes.item = "/volumes/{volume_id}/metadata/{key}";
  volumes.policies = {"volume:get_volume_metadata", "volume:create_volume_metadata",
                      "volume:update_volume_metadata", "volume:delete_volume_metadata"};
  volumes.read = [&app](ApiRequest& request) {
    return app::get_volume(app, request.context, request.parameter("volume_id")).metadata;
  };
  volumes.change = [&app](ApiRequest& request,
                          const std::function<void(openstack::Metadata&)>& alter) {
    openstack::Metadata result;
    app::update_volume(app, request.context, request.parameter("volume_id"),
                       [&](store::VolumeRow& volume) { result = alter_metadata(volume, alter); });
    return result;
  };
  return metadata_routes(volumes);
}

}  // namespace cinder::api
