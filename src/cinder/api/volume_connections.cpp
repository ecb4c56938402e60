#include "cinder/api/volume_connections.hpp"

#include "cinder/app/volume_connections.hpp"

namespace cinder::api {

using base::Json;

Response reserve(app::App& app, ApiRequest& request, const std::string& id, const Json&) {
  app::reserve_volume(app, request.context, id);
  return openstack::empty_response(202);
}

Response unreserve(app::App& app, ApiRequest& request, const std::string& id, const Json&) {
  app::unreserve_volume(app, request.context, id);
  return openstack::empty_response(202);
}

Response initialize_connection(app::App& app, ApiRequest& request, const std::string& id,
                               const Json& argument) {
  base::JsonWriter json;
  json.begin_object();
  json.field("connection_info", app::initialize_connection(app, request.context, id,
                                                           *base::find(argument, "connector")));
  json.end_object();
  return answer(json);
}

Response terminate_connection(app::App& app, ApiRequest& request, const std::string& id,
                              const Json& argument) {
  app::terminate_connection(app, request.context, id, *base::find(argument, "connector"));
  return openstack::empty_response(202);
}

Response attach(app::App& app, ApiRequest& request, const std::string& id, const Json& argument) {
  app::AttachedTo wanted;
  wanted.server_id = text_member(argument, "instance_uuid").value_or("");
  wanted.host = text_member(argument, "host_name").value_or("");
  wanted.mountpoint = base::get_text(argument, "mountpoint");
  wanted.mode = text_member(argument, "mode").value_or("rw");
  if (wanted.server_id.empty() == wanted.host.empty())
    bad_request(
        "Invalid request to attach volume to an invalid target: name an instance or a host.");
  app::attach_volume(app, request.context, id, wanted);
  return openstack::empty_response(202);
}

Response detach(app::App& app, ApiRequest& request, const std::string& id, const Json& argument) {
  app::detach_volume(app, request.context, id, text_member(argument, "attachment_id").value_or(""));
  return openstack::empty_response(202);
}

Response begin_detaching(app::App& app, ApiRequest& request, const std::string& id, const Json&) {
  app::begin_detaching(app, request.context, id);
  return openstack::empty_response(202);
}

Response roll_detaching(app::App& app, ApiRequest& request, const std::string& id, const Json&) {
  app::roll_detaching(app, request.context, id);
  return openstack::empty_response(202);
}

}  // namespace cinder::api
