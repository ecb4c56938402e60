// Nova's old words for Glance's images, until 2.35; their metadata until 2.38. Glance is asked in
// the caller's own name, so what they may see and change is Glance's to judge.
// https://docs.openstack.org/api-ref/compute/#images-deprecated
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "openstack/clients/answers.hpp"

namespace nova::api {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;

constexpr Microversion kImagesUntil{2, 35};
constexpr Microversion kMetadataUntil{2, 38};
constexpr std::string_view kPatch = "application/openstack-images-v2.1-json-patch";

// Members of Glance's document that are no properties of the user.
constexpr std::string_view kOwn[] = {
    "id",         "name",         "status",       "visibility", "protected",
    "os_hidden",  "checksum",     "os_hash_algo", "owner",      "os_hash_value",
    "size",       "virtual_size", "disk_format",  "created_at", "container_format",
    "updated_at", "tags",         "direct_url",   "locations",  "min_ram",
    "min_disk",   "self",         "file",         "schema",     "stores",
};

Json ask_glance(app::App& app, const ApiRequest& request, const std::string& method,
                const std::string& path, const std::string& query = {},
                const Json& body = nullptr) {
  platform::http::Request sent;
  sent.method = method;
  sent.path = "/v2/images" + path;
  sent.query_text = query;
  sent.headers.set("Accept", "application/json");
  if (!body.is_null()) {
    sent.headers.set("Content-Type", std::string(kPatch));
    sent.body = base::to_text(body);
    sent.content_length = sent.body.size();
  }
  const openstack::clients::Caller caller{std::string(request.http.headers.value("X-Auth-Token")),
                                          request.context.request_id};
  Response response =
      openstack::clients::send_as(caller, app.transport, app.settings.glance_url, std::move(sent));
  return openstack::clients::json_of(response);
}

std::string path_of(const ApiRequest& request) {
  return "/" + base::percent_encode(request.parameter("image_id"));
}

Json get_image(app::App& app, const ApiRequest& request) {
  try {
    return ask_glance(app, request, "GET", path_of(request));
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::not_found) throw;
  }
  not_found("Image not found.");
}

Metadata metadata_of(const Json& image) {
  Metadata metadata;
  for (const auto& [name, value] : image.as_object()) {
    if (std::find(std::begin(kOwn), std::end(kOwn), std::string_view(name)) != std::end(kOwn))
      continue;
    metadata.emplace(std::string(name), value.is_null() ? std::string() : text_of(value));
  }
  return metadata;
}

// ---- views

struct Status {
  std::string_view glance;
  std::string_view nova;
  int progress;
};
constexpr Status kStatuses[] = {
    {"active", "ACTIVE", 100},        {"queued", "SAVING", 25},  {"saving", "SAVING", 50},
    {"pending_delete", "DELETED", 0}, {"deleted", "DELETED", 0}, {"killed", "ERROR", 0},
};

Status status_of(const Json& image) {
  const std::string text = base::text_or(image, "status");
  for (const Status& status : kStatuses)
    if (status.glance == text) return status;
  return {"", "UNKNOWN", 0};
}

class ImageView {
 public:
  ImageView(app::App& app, const ApiRequest& request)
      : links_(request.http, "images"),
        server_links_(request.http, "servers"),
        glance_url_(app.settings.glance_url) {}

  void write_brief(base::JsonWriter& json, const Json& image) const {
    json.begin_object();
    write_head(json, image);
    json.end_object();
  }

  void write(base::JsonWriter& json, const Json& image) const {
    const Status status = status_of(image);
    const Metadata metadata = metadata_of(image);
    json.begin_object();
    write_head(json, image);
    json.field("minRam", base::integer_or(image, "min_ram", 0));
    json.field("minDisk", base::integer_or(image, "min_disk", 0));
    json.field("metadata", base::to_json(metadata));
    json.field("created", base::text_or(image, "created_at"));
    json.field("updated", base::text_or(image, "updated_at"));
    json.field("status", status.nova);
    json.field("progress", status.progress);
    json.field("OS-EXT-IMG-SIZE:size", base::integer_or(image, "size", 0));
    if (const auto server = metadata.find("instance_uuid"); server != metadata.end()) {
      json.key("server");
      json.begin_object();
      json.field("id", server->second);
      server_links_.write(json, server->second);
      json.end_object();
    }
    json.end_object();
  }

 private:
  void write_head(base::JsonWriter& json, const Json& image) const {
    const std::string id = base::text_or(image, "id");
    json.field("id", id);
    const Json* name = base::find(image, "name");
    json.field("name", name ? *name : Json(nullptr));
    links_.write(json, id, glance_url_ + "/images/" + id, "application/vnd.openstack.image");
  }

  Links links_;
  Links server_links_;
  std::string glance_url_;
};

// ---- list

// Nova's filters in Glance's words.
void add_filter(platform::http::Query& query, std::string_view name, const std::string& value) {
  constexpr std::string_view kProperty = "property-";
  const auto add = [&](std::string_view key, std::string text) {
    query.items.emplace_back(key, std::move(text));
  };
  if (name == "name" || name == "marker") {
    add(name, value);
  } else if (name == "status") {
    std::string statuses;
    for (const Status& status : kStatuses)
      if (base::equals_ignoring_case(status.nova, value))
        statuses += (statuses.empty() ? "in:" : ",") + std::string(status.glance);
    add("status", statuses.empty() ? base::lower(value) : statuses);
  } else if (name == "minRam") {
    add("min_ram", value);
  } else if (name == "minDisk") {
    add("min_disk", value);
  } else if (name == "changes-since") {
    add("updated_at", "gte:" + value);
  } else if (name == "type") {
    add("image_type", value);
  } else if (name == "server") {
    add("instance_uuid", value.substr(value.rfind('/') + 1));
  } else if (name.starts_with(kProperty)) {
    add(name.substr(kProperty.size()), value);
  }
}

int64_t limit_of(const app::App& app, const ApiRequest& request) {
  const auto text = request.query.get("limit");
  if (!text) return app.settings.max_limit;
  const auto limit = base::parse_integer(*text);
  if (!limit || *limit < 0)
    bad_request(fmt::format("Invalid input for query parameters limit. Value: {}.", *text));
  return std::min<int64_t>(*limit, app.settings.max_limit);
}

Response list_images_as(app::App& app, ApiRequest& request,
                        void (ImageView::*write)(base::JsonWriter&, const Json&) const) {
  const int64_t limit = limit_of(app, request);
  platform::http::Query query;
  query.items.emplace_back("limit", std::to_string(limit));
  for (const auto& [name, value] : request.query.items) add_filter(query, name, value);
  const Json document = ask_glance(app, request, "GET", "", platform::http::to_text(query));
  const Json* images = base::find(document, "images");
  const ImageView view(app, request);
  base::JsonWriter json;
  std::string last_id;
  size_t count = 0;
  json.begin_object();
  json.key("images");
  json.begin_array();
  if (images && images->is_array())
    for (const Json& image : images->get_array()) {
      (view.*write)(json, image);
      last_id = base::text_or(image, "id");
      ++count;
    }
  json.end_array();
  write_next_link(json, "images_links", request, limit, count, last_id);
  json.end_object();
  return answer(json);
}

Response list_images(app::App& app, ApiRequest& request) {
  return list_images_as(app, request, &ImageView::write_brief);
}
Response list_images_detail(app::App& app, ApiRequest& request) {
  return list_images_as(app, request, &ImageView::write);
}

Response show_image(app::App& app, ApiRequest& request) {
  const Json image = get_image(app, request);
  base::JsonWriter json;
  json.begin_object();
  json.key("image");
  ImageView(app, request).write(json, image);
  json.end_object();
  return answer(json);
}

Response remove_image(app::App& app, ApiRequest& request) {
  static_cast<void>(get_image(app, request));
  ask_glance(app, request, "DELETE", path_of(request));
  return openstack::empty_response(204);
}

// ---- metadata

std::string pointer_of(const std::string& key) {
  return "/" + base::replace_all(base::replace_all(key, "~", "~0"), "/", "~1");
}

void add_change(JsonArray& patch, const char* operation, const std::string& key,
                const std::string* value) {
  JsonObject change{{"op", operation}, {"path", pointer_of(key)}};
  if (value) change["value"] = *value;
  patch.emplace_back(std::move(change));
}

// Makes the image's properties what `wanted` says.
void write_metadata(app::App& app, const ApiRequest& request, const Metadata& before,
                    const Metadata& wanted) {
  check_metadata_limit(app, request, wanted.size());
  JsonArray patch;
  for (const auto& [key, value] : wanted)
    add_change(patch, before.contains(key) ? "replace" : "add", key, &value);
  for (const auto& [key, value] : before)
    if (!wanted.contains(key)) add_change(patch, "remove", key, nullptr);
  if (!patch.empty()) ask_glance(app, request, "PATCH", path_of(request), "", patch);
}

Response list_metadata(app::App& app, ApiRequest& request) {
  return answer_metadata(metadata_of(get_image(app, request)));
}

Response add_metadata(app::App& app, ApiRequest& request) {
  const Metadata before = metadata_of(get_image(app, request));
  auto wanted = base::from_json<Metadata>(inner(request, "metadata"));
  wanted.insert(before.begin(), before.end());
  write_metadata(app, request, before, wanted);
  return answer_metadata(wanted);
}

Response replace_metadata(app::App& app, ApiRequest& request) {
  const auto wanted = base::from_json<Metadata>(inner(request, "metadata"));
  write_metadata(app, request, metadata_of(get_image(app, request)), wanted);
  return answer_metadata(wanted);
}

Response show_item(app::App& app, ApiRequest& request) {
  const Metadata metadata = metadata_of(get_image(app, request));
  const auto found = metadata.find(request.parameter("key"));
  if (found == metadata.end()) not_found("Metadata item was not found");
  return answer_metadata_item(found->first, found->second);
}

Response set_item(app::App& app, ApiRequest& request) {
  const std::string& key = request.parameter("key");
  const std::string value = metadata_item(request, key);
  const Metadata before = metadata_of(get_image(app, request));
  Metadata wanted = before;
  wanted[key] = value;
  write_metadata(app, request, before, wanted);
  return answer_metadata_item(key, value);
}

Response remove_item(app::App& app, ApiRequest& request) {
  const Metadata before = metadata_of(get_image(app, request));
  Metadata wanted = before;
  if (wanted.erase(request.parameter("key")) == 0)
    not_found("Invalid metadata key: it is not in the image's metadata.");
  write_metadata(app, request, before, wanted);
  return openstack::empty_response(204);
}

}  // namespace

openstack::Routes image_routes(app::App& app) {
  constexpr std::string_view policy = "os_compute_api:images";
  const auto row = [&](std::string_view method, std::string_view path, AppHandler handler,
                       Microversion until, const openstack::Schema* schema = nullptr) {
    return openstack::Route{method, path, policy, bind(app, handler), schema, kFirst, until};
  };
  const char* const image = "/images/{image_id}";
  const char* const metadata = "/images/{image_id}/metadata";
  const char* const item = "/images/{image_id}/metadata/{key}";
  return {
      row("GET", "/images", list_images, kImagesUntil),
      row("GET", "/images/detail", list_images_detail, kImagesUntil),
      row("GET", image, show_image, kImagesUntil),
      row("DELETE", image, remove_image, kImagesUntil),
      row("GET", metadata, list_metadata, kMetadataUntil),
      row("POST", metadata, add_metadata, kMetadataUntil, &metadata_schema()),
      row("PUT", metadata, replace_metadata, kMetadataUntil, &metadata_schema()),
      row("GET", item, show_item, kMetadataUntil),
      row("PUT", item, set_item, kMetadataUntil, &metadata_item_schema()),
      row("DELETE", item, remove_item, kMetadataUntil),
  };
}

}  // namespace nova::api
