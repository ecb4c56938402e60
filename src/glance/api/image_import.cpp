// Import: data is staged and then imported, or copied among stores, as a task.
#include <fmt/core.h>

#include <algorithm>

#include "glance/api/data_intake.hpp"
#include "glance/api/glance_download.hpp"
#include "glance/api/upload.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;
using openstack::ApiRequest;
using platform::http::Response;

[[noreturn]] void refuse_import(std::string message) {
  throw Error(ErrorKind::bad_request, std::move(message));
}

// ---- staging

Response stage(const ImageApi& api, ApiRequest& request) {
  const Image image = api.own_image(request);
  require_octet_stream(request);
  Upload upload(api, request.context, image.id, "uploading");
  const std::string location =
      take_in_unseen(api, {*request.http.stream, request.http.content_length},
                     {api.staging, upload.name()}, [&] { upload.ask_whether_wanted(); });
  upload.finish(FinishStaging{image.id, upload.operation(), location}, api.staging, location);
  return openstack::empty_response(204);
}

// ---- import

bool import_flag(const Json& body, std::string_view name, bool fallback) {
  const Json* member = base::find(body, name);
  if (member && !member->is_bool())
    refuse_import(fmt::format("'{}' must be boolean value only", name));
  return member ? member->get_bool() : fallback;
}

void check_url(const ImageApi& api, const std::string& text) {
  if (!api.web.passes(text)) refuse_import("URI for web-download does not pass filtering: " + text);
}

// What is wrong with the request whatever the image is.
void check_import_body(const ImageApi& api, const Json& body) {
  constexpr size_t kLimit = 32768;  // it is kept in the task
  if (!body.is_object()) refuse_import("Body expected in request.");
  if (base::to_text(body).size() > kLimit) refuse_import("The import request is too large.");
  const Json* method = base::find(body, "method");
  if (!method) refuse_import("Import request requires a 'method' field.");
  const Json* name = base::find(*method, "name");
  if (!name) refuse_import("Import request requires a 'name' field.");
  const std::string method_name = base::text_or(*method, "name");
  if (std::ranges::find(api.import_rules.methods, method_name) == api.import_rules.methods.end())
    refuse_import(fmt::format("Unknown import method name '{}'.", method_name));
  if (method_name == kGlanceDownload) check_glance_download(*method);
  if (method_name == kWebDownload) check_url(api, base::text_or(*method, "uri"));
  const bool all_must_succeed = import_flag(body, "all_stores_must_succeed", true);
  static_cast<void>(import_flag(body, "all_stores", false));
  if (!all_must_succeed && !api.stores.have_names())
    refuse_import("All_stores_must_succeed can only be set with enabled_backends");
}

std::vector<std::string> named_stores(const Json& list) {
  if (!list.is_array() || list.get_array().empty())
    refuse_import("'stores' must be a list of names.");
  std::vector<std::string> stores;
  for (const Json& name : list.get_array()) {
    if (!name.is_string()) refuse_import("'stores' must be a list of names.");
    stores.emplace_back(name.get_string());
  }
  std::ranges::sort(stores);
  stores.erase(std::ranges::unique(stores).begin(), stores.end());
  return stores;
}

std::vector<std::string> writable_stores(const ImageApi& api) {
  std::vector<std::string> names;
  for (const drivers::NamedStore& store : api.stores.all())
    if (!store.is_read_only()) names.push_back(store.id);
  return names;
}

void require_writable(const ImageApi& api, const std::string& store) {
  static_cast<void>(api.stores.get(store));
  const auto writable = writable_stores(api);
  if (std::ranges::find(writable, store) == writable.end())
    throw Error(ErrorKind::conflict, fmt::format("Store {} takes no images.", store));
}

// Where the client wants it; glance/common/utils.py, get_stores_from_request.
std::vector<std::string> wanted_stores(const ImageApi& api, const ApiRequest& request) {
  if (!api.stores.have_names()) return {""};
  const Json* stores = base::find(request.body, "stores");
  const auto header = request.http.headers.get("X-Image-Meta-Store");
  if (import_flag(request.body, "all_stores", false)) {
    if (stores || header)
      refuse_import(
          "All_stores parameter can't be used with x-image-meta-store header or stores "
          "parameter");
    return writable_stores(api);
  }
  if (stores && header)
    refuse_import("Stores parameter and x-image-meta-store header can't be both specified");
  std::vector<std::string> wanted =
      stores ? named_stores(*stores)
             : std::vector<std::string>{std::string(header.value_or(api.stores.default_id()))};
  for (const std::string& store : wanted) require_writable(api, store);
  return wanted;
}

// Of those, the ones that do not have it yet.
void leave_out_present(std::vector<std::string>& stores, const ApiRequest& request,
                       const Image& image) {
  for (const std::string& present : stores_of(image)) {
    const size_t removed = std::erase(stores, present);
    if (removed > 0 && !import_flag(request.body, "all_stores", false))
      refuse_import(fmt::format("Image is already present at store '{}'", present));
  }
}

using Properties = std::map<std::string, std::string>;

Properties injected(const ImageApi& api, const openstack::Context& context) {
  const bool spared =
      std::ranges::any_of(api.import_rules.injected_not_for,
                          [&](const std::string& role) { return context.identity.has_role(role); });
  return spared ? Properties{} : api.import_rules.injected;
}

Response import_image(const ImageApi& api, const ApiRequest& request) {
  check_import_body(api, request.body);
  Task task;
  task.id = api.runtime.random.uuid();
  task.owner = request.context.project_id();
  task.user_id = request.context.user_id();
  task.request_id = request.context.request_id;
  task.input = {request.parameter("image_id"), request.body, wanted_stores(api, request)};
  const bool copies = import_method(task.input) == kCopyImage;
  const Image image = copies ? api.visible_image(request) : api.own_image(request);
  task.image_id = image.id;
  if (copies) {
    request.authorize("copy_image", {});
    leave_out_present(task.input.backend, request, image);
    if (task.input.backend.empty()) return openstack::empty_response(202);
  }
  static_cast<void>(api.registry(
      request.context, StartImport{task, copies ? Properties{} : injected(api, request.context)}));
  if (import_method(task.input) == kGlanceDownload)
    api.run_here(request.context, task.id, std::string(request.http.headers.value("X-Auth-Token")));
  return openstack::empty_response(202);
}

}  // namespace

openstack::Routes image_import_routes(const ImageApi& api) {
  openstack::Route put{"PUT", "/images/{image_id}/stage", "modify_image",
                       [&api](ApiRequest& r) { return stage(api, r); }};
  put.streams = true;
  return {put, {"POST", "/images/{image_id}/import", "modify_image", [&api](ApiRequest& r) {
                  return import_image(api, r);
                }}};
}

}  // namespace glance::api
