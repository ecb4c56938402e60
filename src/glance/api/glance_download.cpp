#include "glance/api/glance_download.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "openstack/clients/answers.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;
using drivers::refuse_download;
using platform::http::Response;

const Json& method_of(const Task& task) { return *base::find(task.input.import_req, "method"); }

Json ask_catalog(const ImageApi& api, const Task& task, const std::string& token) {
  platform::http::Request request;
  request.path = "/v3/auth/catalog";
  try {
    Response response = openstack::clients::send_as({token, task.request_id}, api.catalog.transport,
                                                    api.catalog.keystone_url, request);
    openstack::clients::throw_if_error(response, "catalog");
    return openstack::clients::json_of(response);
  } catch (const Error& error) {
    refuse_download("Keystone gives no catalog: " + error.message(), error.detail());
  }
}

bool is_in_region(const Json& endpoint, std::string_view region) {
  const std::string named = base::text_or(endpoint, "region_id", base::text_or(endpoint, "region"));
  return base::equals_ignoring_case(named, region);
}

// glance/async_/utils.py, get_glance_endpoint.
std::string endpoint_of(const Json& catalog, const Json& method) {
  const std::string region = base::text_or(method, "glance_region");
  const std::string interface = base::text_or(method, "glance_service_interface", "public");
  if (const Json* services = base::find(catalog, "catalog"); services && services->is_array())
    for (const Json& service : services->get_array())
      if (base::text_or(service, "type") == "image")
        for (const Json& endpoint : service.at("endpoints").as_array())
          if (is_in_region(endpoint, region) && base::text_or(endpoint, "interface") == interface)
            return base::text_or(endpoint, "url");
  refuse_download(
      fmt::format("there is no {} endpoint of Glance in region {}.", interface, region));
}

// A redirect would show the token to whom it leads.
Response ask_remote(const ImageApi& api, const std::string& url, const std::string& token) {
  platform::http::Headers headers;
  headers.set("X-Auth-Token", token);
  Response response = api.web.get_once(url, headers);
  if (response.status != 200)
    refuse_download(fmt::format("the other Glance answers {}.", response.status), url);
  return response;
}

std::string read_document(Response& response) {
  constexpr size_t kLargest = 1 << 20;
  const auto reader = platform::http::take_body(response);
  std::string text;
  std::string buffer(65536, '\0');
  while (const size_t count = reader->read(buffer.data(), buffer.size())) {
    text.append(buffer, 0, count);
    if (text.size() > kLargest) refuse_download("what the other Glance says is too long.");
  }
  return text;
}

bool is_copied(const ImageApi& api, std::string_view name) {
  if (is_base_attribute(name) || name.starts_with("os_glance_")) return false;
  return std::ranges::any_of(api.import_rules.copied_properties,
                             [&](const std::string& prefix) { return name.starts_with(prefix); });
}

}  // namespace

void check_glance_download(const Json& method) {
  for (const std::string_view name : {"glance_region", "glance_image_id"})
    if (base::text_or(method, name).empty())
      throw Error(ErrorKind::bad_request,
                  fmt::format("'{}' needs to be set for glance-download import method", name));
  if (const std::string id = base::text_or(method, "glance_image_id"); !base::is_uuid_like(id))
    throw Error(ErrorKind::bad_request, "Remote image id does not look like a UUID: " + id);
}

RemoteImage find_remote_image(const ImageApi& api, const Task& task, const std::string& token) {
  const Json& method = method_of(task);
  std::string endpoint = endpoint_of(ask_catalog(api, task, token), method);
  while (endpoint.ends_with('/')) endpoint.pop_back();
  RemoteImage image;
  image.url = fmt::format("{}/v2/images/{}", endpoint, base::text_or(method, "glance_image_id"));
  Response response = ask_remote(api, image.url, token);
  const Json shown = base::parse_json(read_document(response));
  if (const std::string status = base::text_or(shown, "status"); status != "active")
    refuse_download(fmt::format("the image of the other Glance is {}, not active.", status));
  image.disk_format = base::text_or(shown, "disk_format");
  image.container_format = base::text_or(shown, "container_format");
  const auto known = [](const std::vector<std::string>& formats, const std::string& format) {
    return std::ranges::find(formats, format) != formats.end();
  };
  if (!known(api.image_formats.disk, image.disk_format) ||
      !known(api.image_formats.container, image.container_format))
    refuse_download("the image of the other Glance has a format that is not known here.");
  image.size = static_cast<uint64_t>(base::integer_or(shown, "size", 0));
  for (const auto& [name, value] : shown.as_object())
    if (value.is_string() && is_copied(api, name))
      image.properties[std::string(std::string_view(name))] = value.get_string();
  return image;
}

Response open_remote_image(const ImageApi& api, const RemoteImage& image,
                           const std::string& token) {
  return ask_remote(api, image.url + "/file", token);
}

}  // namespace glance::api
