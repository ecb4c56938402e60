#include "openstack/clients/glance.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace openstack::clients {
namespace {

using base::Error;
using base::ErrorKind;

Image image_of(const base::Json& json) {
  Image image;
  image.id = base::text_or(json, "id");
  image.name = base::text_or(json, "name");
  image.owner = base::text_or(json, "owner");
  image.status = base::text_or(json, "status");
  image.visibility = base::text_or(json, "visibility");
  image.disk_format = base::text_or(json, "disk_format");
  image.container_format = base::text_or(json, "container_format");
  image.os_hash_value = base::text_or(json, "os_hash_value");
  image.size = base::integer_or(json, "size", 0);
  image.min_disk = base::integer_or(json, "min_disk", 0);
  image.min_ram = base::integer_or(json, "min_ram", 0);
  image.virtual_size = base::integer_or(json, "virtual_size", 0);
  image.properties = json;
  return image;
}

std::string path_of(const std::string& id) { return "/v2/images/" + base::percent_encode(id); }

[[noreturn]] void refuse(const std::string& id) {
  throw Error(ErrorKind::not_found, "Image " + id + " could not be found.");
}

}  // namespace

Image Glance::get_image(const std::string& id, const std::string& project_id,
                        const std::string& request_id) {
  if (id.empty()) refuse(id);
  base::Json json;
  try {
    json = session_.call(url_base_, "GET", path_of(id), nullptr, request_id);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) refuse(id);
    throw;
  }
  Image image = image_of(json);
  // The service user sees everything; what the project may see is decided here.
  const bool open = image.visibility == "public" || image.visibility == "community";
  if (project_id.empty() || open || image.owner == project_id) return image;
  if (image.visibility != "shared") refuse(id);
  try {
    const base::Json member = session_.call(
        url_base_, "GET", path_of(id) + "/members/" + base::percent_encode(project_id), nullptr,
        request_id);
    if (member.is_null()) refuse(id);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) refuse(id);
    throw;
  }
  return image;
}

std::shared_ptr<platform::http::BodySource> Glance::download(const std::string& id,
                                                             const std::string& request_id) {
  platform::http::Request request;
  request.path = path_of(id) + "/file";
  platform::http::Response response =
      session_.send(url_base_, std::move(request), request_id, std::chrono::hours{1});
  if (response.stream) return response.stream;
  if (response.status == 204) throw Error(ErrorKind::conflict, "Image " + id + " has no data.");
  auto source = std::make_shared<platform::http::BodySource>();
  source->length = response.body.size();
  source->reader = platform::http::make_text_reader(std::move(response.body));
  return source;
}

}  // namespace openstack::clients
