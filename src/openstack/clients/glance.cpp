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

}  // namespace

// The service user sees everything; what the project may see is decided here.
bool Glance::is_seen_by(const std::string& project_id, const Image& image,
                        const std::string& request_id) {
  if (project_id.empty() || image.owner == project_id) return true;
  if (image.visibility != "shared")
    return image.visibility == "public" || image.visibility == "community";
  const std::string member = path_of(image.id) + "/members/" + base::percent_encode(project_id);
  return !session_.call(url_base_, "GET", member, nullptr, request_id).is_null();
}

std::optional<Image> Glance::find_image(const std::string& id, const std::string& project_id,
                                        const std::string& request_id) {
  if (id.empty()) return std::nullopt;
  try {
    Image image = image_of(session_.call(url_base_, "GET", path_of(id), nullptr, request_id));
    if (!is_seen_by(project_id, image, request_id)) return std::nullopt;
    return image;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    return std::nullopt;
  }
}

Image Glance::get_image(const std::string& id, const std::string& project_id,
                        const std::string& request_id) {
  auto image = find_image(id, project_id, request_id);
  if (!image) throw Error(ErrorKind::not_found, "Image " + id + " could not be found.");
  return *std::move(image);
}

std::vector<std::string> Glance::list_locations(const std::string& id,
                                                const std::string& request_id) {
  const base::Json answer =
      session_.call(url_base_, "GET", path_of(id) + "/locations", nullptr, request_id);
  std::vector<std::string> urls;
  if (answer.is_array())
    for (const base::Json& location : answer.get_array())
      urls.push_back(base::text_or(location, "url"));
  return urls;
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

Image Glance::create_image(const base::Json& document, const std::string& request_id) {
  return image_of(session_.call(url_base_, "POST", "/v2/images", document, request_id));
}

void Glance::upload(const std::string& id, const std::shared_ptr<platform::http::BodySource>& bytes,
                    const std::string& request_id) {
  platform::http::Response holder;
  holder.stream = bytes;
  platform::http::Request request;
  request.method = "PUT";
  request.path = path_of(id) + "/file";
  request.headers.set("Content-Type", "application/octet-stream");
  request.content_length = bytes->length;
  request.stream = platform::http::take_body(holder);
  session_.send(url_base_, std::move(request), request_id, std::chrono::hours{1});
}

std::vector<std::string> Glance::list_images(const std::string& owner,
                                             const std::map<std::string, std::string>& properties,
                                             const std::string& request_id) {
  platform::http::Query query;
  query.items = {{"owner", owner}, {"sort", "created_at:desc"}, {"limit", "1000"}};
  query.items.insert(query.items.end(), properties.begin(), properties.end());
  const base::Json answer = session_.call(
      url_base_, "GET", "/v2/images?" + platform::http::to_text(query), nullptr, request_id);
  std::vector<std::string> ids;
  if (const base::Json* images = base::find(answer, "images"); images && images->is_array())
    for (const base::Json& image : images->get_array()) ids.push_back(base::text_or(image, "id"));
  return ids;
}

void Glance::unprotect(const std::string& id, const std::string& request_id) {
  platform::http::Request request;
  request.method = "PATCH";
  request.path = path_of(id);
  request.headers.set("Content-Type", "application/openstack-images-v2.1-json-patch");
  request.body = R"([{"op":"replace","path":"/protected","value":false}])";
  request.content_length = request.body.size();
  session_.send(url_base_, std::move(request), request_id);
}

void Glance::delete_image(const std::string& id, const std::string& request_id) {
  try {
    const Image image = get_image(id, "", request_id);
    if (const base::Json* flag = base::find(image.properties, "protected");
        flag && flag->is_bool() && flag->get_bool())
      unprotect(id, request_id);
    session_.call(url_base_, "DELETE", path_of(id), nullptr, request_id);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
  }
}

std::string create_image(const Caller& caller, platform::http::Transport& transport,
                         const std::string& url_base, const base::Json& document) {
  platform::http::Request create;
  create.method = "POST";
  create.path = "/v2/images";
  create.headers.set("Content-Type", "application/json");
  create.body = base::to_text(document);
  create.content_length = create.body.size();
  auto created = send_as(caller, transport, url_base, std::move(create));
  return base::get_text(json_of(created), "id");
}

std::string create_empty_image(const Caller& caller, platform::http::Transport& transport,
                               const std::string& url_base, const base::Json& document) {
  const std::string id = create_image(caller, transport, url_base, document);
  platform::http::Request upload;
  upload.method = "PUT";
  upload.path = path_of(id) + "/file";
  upload.headers.set("Content-Type", "application/octet-stream");
  upload.content_length = 0;
  upload.stream = platform::http::make_text_reader({});
  static_cast<void>(send_as(caller, transport, url_base, std::move(upload)));
  return id;
}

}  // namespace openstack::clients
