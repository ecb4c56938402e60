#include "openstack/clients/cinder.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "platform/log.hpp"

namespace openstack::clients {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;
using base::JsonObject;
using platform::http::Request;

// With os-complete (3.44), and no other than what is read below has changed up to it.
constexpr const char* kVersion = "volume 3.44";
constexpr const char* kImageOf = "image_id";  // metadata of a snapshot: of which image it is a part

Request request_of(const std::string& method, const std::string& target, const Json& body) {
  Request request;
  request.method = method;
  platform::http::set_target(request, target);
  request.headers.set("OpenStack-API-Version", kVersion);
  if (body.is_null()) return request;
  request.headers.set("Content-Type", "application/json");
  request.body = base::to_text(body);
  request.content_length = request.body.size();
  return request;
}

const Json& member_of(const Json& answer, std::string_view name) {
  const Json* found = base::find(answer, name);
  if (!found)
    throw Error(ErrorKind::bad_gateway,
                "The block storage service gave an answer without its resource.");
  return *found;
}

Volume read_volume(const Json& json) {
  Volume volume;
  volume.id = base::text_or(json, "id");
  volume.status = base::text_or(json, "status");
  volume.size_gib = base::integer_or(json, "size", 0);
  volume.bootable = base::text_or(json, "bootable") == "true";
  volume.multiattach = base::boolean_or(json, "multiattach", false);
  const Json* attachments = base::find(json, "attachments");
  if (attachments && attachments->is_array())
    for (const Json& attachment : attachments->get_array())
      volume.servers.push_back(base::text_or(attachment, "server_id"));
  const Json* metadata_of_user = base::find(json, "metadata");
  volume.read_only = metadata_of_user && base::text_or(*metadata_of_user, "readonly") == "True";
  volume.availability_zone = base::text_or(json, "availability_zone");
  if (const Json* metadata = base::find(json, "volume_image_metadata"))
    volume.image_metadata = *metadata;
  return volume;
}

Volume volume_of(const Json& answer) { return read_volume(member_of(answer, "volume")); }

std::vector<std::string> texts_of(const Json& json, std::string_view name) {
  std::vector<std::string> texts;
  if (const Json* all = base::find(json, name); all && all->is_array())
    for (const Json& each : all->as_array())
      texts.push_back(each.is_string() ? std::string(each.as_string()) : base::to_text(each));
  return texts;
}

RbdLocation rbd_location_of(const Json& info) {
  RbdLocation location;
  const std::string name = base::text_or(info, "name");
  const size_t slash = name.find('/');
  if (slash == std::string::npos)
    throw Error(ErrorKind::bad_gateway, "The block storage service names no image of Ceph.", name);
  location.pool = name.substr(0, slash);
  location.image = name.substr(slash + 1);
  location.hosts = texts_of(info, "hosts");
  location.ports = texts_of(info, "ports");
  location.user = base::text_or(info, "auth_username");
  location.secret_uuid = base::text_or(info, "secret_uuid");
  return location;
}

VolumeConnection connection_of(const Json& answer) {
  const Json& info = member_of(member_of(answer, "attachment"), "connection_info");
  VolumeConnection connection;
  connection.driver = base::text_or(info, "driver_volume_type");
  connection.portal = base::text_or(info, "target_portal");
  connection.target = base::text_or(info, "target_iqn");
  connection.lun = base::integer_or(info, "target_lun", 0);
  connection.username = base::text_or(info, "auth_username");
  connection.password = base::text_or(info, "auth_password");
  connection.read_only = base::text_or(info, "access_mode") == "ro";
  if (const Json* qos_specs = base::find(info, "qos_specs")) connection.qos_specs = *qos_specs;
  if (connection.driver == "rbd") connection.rbd = rbd_location_of(info);
  return connection;
}

template <class F>
void unless_gone(F work) {
  try {
    work();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
  }
}

}  // namespace

Json Cinder::call(const std::string& method, const std::string& target, const Json& body,
                  const std::string& request_id) {
  auto response = session_.send(url_base_, request_of(method, "/v3" + target, body), request_id);
  return json_of(response);
}

Json Cinder::call_as(const Caller& caller, const std::string& method, const std::string& path,
                     const Json& body) {
  auto response = send_as(caller, transport_, url_base_, request_of(method, "/v3" + path, body));
  return json_of(response);
}

Volume Cinder::get_volume(const Caller& caller, const std::string& id) {
  return volume_of(call_as(caller, "GET", "/volumes/" + base::percent_encode(id), nullptr));
}

Volume Cinder::create_volume(const Caller& caller, const VolumeRequest& wanted) {
  JsonObject volume;
  const auto set = [&](const char* name, const std::string& value) {
    if (!value.empty()) volume[name] = value;
  };
  set("name", wanted.name);
  set("imageRef", wanted.image_id);
  set("snapshot_id", wanted.snapshot_id);
  set("volume_type", wanted.volume_type);
  if (wanted.size_gib > 0) volume["size"] = wanted.size_gib;
  return volume_of(call_as(caller, "POST", "/volumes", JsonObject{{"volume", std::move(volume)}}));
}

int64_t Cinder::get_snapshot_size(const Caller& caller, const std::string& id) {
  return base::integer_or(
      member_of(call_as(caller, "GET", "/snapshots/" + base::percent_encode(id), nullptr),
                "snapshot"),
      "size", 0);
}

std::string Cinder::create_snapshot(const Caller& caller, const std::string& volume_id,
                                    const std::string& name, const std::string& image_id) {
  const Json body = JsonObject{{"snapshot", JsonObject{{"volume_id", volume_id},
                                                       {"name", name},
                                                       {"force", true},
                                                       {"metadata", {{kImageOf, image_id}}}}}};
  return base::get_text(member_of(call_as(caller, "POST", "/snapshots", body), "snapshot"), "id");
}

void Cinder::delete_snapshot(const Caller& caller, const std::string& id) {
  unless_gone(
      [&] { call_as(caller, "DELETE", "/snapshots/" + base::percent_encode(id), nullptr); });
}

std::vector<std::string> Cinder::list_snapshots_for_image(const std::string& volume_id,
                                                          const std::string& image_id,
                                                          const std::string& request_id) {
  const Json answer =
      call("GET", "/snapshots/detail?all_tenants=1&volume_id=" + base::percent_encode(volume_id),
           nullptr, request_id);
  std::vector<std::string> ids;
  const Json& found = member_of(answer, "snapshots");
  if (!found.is_array()) return ids;
  for (const Json& each : found.get_array()) {
    const Json* metadata = base::find(each, "metadata");
    if (metadata && base::text_or(*metadata, kImageOf) == image_id)
      ids.push_back(base::text_or(each, "id"));
  }
  return ids;
}

void Cinder::delete_snapshot(const std::string& id, const std::string& request_id) {
  unless_gone(
      [&] { call("DELETE", "/snapshots/" + base::percent_encode(id), nullptr, request_id); });
}

Volume Cinder::get_volume(const std::string& id, const std::string& request_id) {
  return volume_of(call("GET", "/volumes/" + base::percent_encode(id), nullptr, request_id));
}

std::vector<Volume> Cinder::list_volumes_in(const std::string& status,
                                            const std::string& request_id) {
  const std::string target = "/volumes/detail?all_tenants=1&status=" + base::percent_encode(status);
  const Json answer = call("GET", target, nullptr, request_id);
  std::vector<Volume> volumes;
  const Json& found = member_of(answer, "volumes");
  if (found.is_array())
    for (const Json& each : found.get_array()) volumes.push_back(read_volume(each));
  return volumes;
}

void Cinder::discard_volume(const std::string& id, const std::string& request_id) {
  const std::string path = "/volumes/" + base::percent_encode(id);
  unless_gone([&] {
    const bool making = get_volume(id, request_id).status == "creating";
    try {
      call("DELETE", path + (making ? "?force=true" : ""), nullptr, request_id);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::bad_request) throw;
      platform::log_warning("volume not deleted volume={} error={}", id, error.what());
    }
  });
}

void Cinder::begin_detaching(const Caller& caller, const std::string& id) {
  call_as(caller, "POST", "/volumes/" + base::percent_encode(id) + "/action",
          JsonObject{{"os-begin_detaching", JsonObject{}}});
}

void Cinder::roll_detaching(const std::string& id, const std::string& request_id) {
  unless_gone([&] {
    try {
      call("POST", "/volumes/" + base::percent_encode(id) + "/action",
           JsonObject{{"os-roll_detaching", JsonObject{}}}, request_id);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::bad_request) throw;  // it has another status
    }
  });
}

std::string Cinder::create_attachment(const std::string& volume_id, const std::string& server_id,
                                      const std::string& request_id) {
  const Json body = JsonObject{
      {"attachment", JsonObject{{"volume_uuid", volume_id}, {"instance_uuid", server_id}}}};
  return base::get_text(member_of(call("POST", "/attachments", body, request_id), "attachment"),
                        "id");
}

std::vector<VolumeAttachment> Cinder::list(const std::string& query,
                                           const std::string& request_id) {
  const Json answer = call("GET", "/attachments?all_tenants=1&" + query, nullptr, request_id);
  std::vector<VolumeAttachment> attachments;
  for (const Json& each : member_of(answer, "attachments").as_array())
    attachments.push_back({base::text_or(each, "id"), base::text_or(each, "volume_id"),
                           base::text_or(each, "instance"), base::text_or(each, "status")});
  return attachments;
}

std::vector<VolumeAttachment> Cinder::list_attachments(const std::string& volume_id,
                                                       const std::string& server_id,
                                                       const std::string& request_id) {
  return list(fmt::format("volume_id={}&instance_id={}", base::percent_encode(volume_id),
                          base::percent_encode(server_id)),
              request_id);
}

std::vector<VolumeAttachment> Cinder::list_attachments_in(const std::string& status,
                                                          const std::string& request_id) {
  return list("status=" + base::percent_encode(status), request_id);
}

VolumeConnection Cinder::connect(const std::string& attachment_id, const VolumeConnector& connector,
                                 const std::string& request_id) {
  const Json body = JsonObject{
      {"attachment", JsonObject{{"connector", JsonObject{{"host", connector.host},
                                                         {"ip", connector.ip},
                                                         {"initiator", connector.initiator},
                                                         {"multipath", false},
                                                         {"platform", "x86_64"},
                                                         {"os_type", "linux"}}}}}};
  return connection_of(
      call("PUT", "/attachments/" + base::percent_encode(attachment_id), body, request_id));
}

void Cinder::complete(const std::string& attachment_id, const std::string& request_id) {
  call("POST", "/attachments/" + base::percent_encode(attachment_id) + "/action",
       JsonObject{{"os-complete", JsonObject{}}}, request_id);
}

void Cinder::delete_attachment(const std::string& attachment_id, const std::string& request_id) {
  unless_gone([&] {
    call("DELETE", "/attachments/" + base::percent_encode(attachment_id), nullptr, request_id);
  });
}

// Asked before the list was made, `may_go` would say nothing of what came between the two.
void Cinder::release(const std::string& volume_id, const std::string& server_id,
                     const std::string& request_id, const std::function<bool()>& may_go) {
  const auto attachments = list_attachments(volume_id, server_id, request_id);
  if (attachments.empty() || (may_go && !may_go())) return;
  for (const VolumeAttachment& attachment : attachments)
    delete_attachment(attachment.id, request_id);
}

}  // namespace openstack::clients
