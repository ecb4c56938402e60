// Extension standard-attr-tag: /{collection}/{id}/tags on every standard resource.
#include <algorithm>
#include <array>

#include "neutron/api/resources.hpp"
#include "neutron/api/validators.hpp"

namespace neutron::api {
namespace {

struct TaggedResource {
  std::string_view tags_path;
  std::string_view tag_path;
  std::string_view table;
  std::string_view update_rule;
  // The project that owns it; throws if the caller may not see it.
  std::string (*owner)(Plugin& plugin, const openstack::Context& context, const std::string& id);
};

const std::array kTagged{
    TaggedResource{"/networks/{id}/tags", "/networks/{id}/tags/{tag}", "networks", "update_network",
                   [](Plugin& plugin, const openstack::Context& context, const std::string& id) {
                     return plugin.networks.get_row(context, id).project_id;
                   }},
    TaggedResource{"/subnets/{id}/tags", "/subnets/{id}/tags/{tag}", "subnets", "rule_writer",
                   [](Plugin& plugin, const openstack::Context& context, const std::string& id) {
                     return plugin.subnets.get(context, id).project_id;
                   }},
    TaggedResource{"/ports/{id}/tags", "/ports/{id}/tags/{tag}", "ports", "update_port",
                   [](Plugin& plugin, const openstack::Context& context, const std::string& id) {
                     return plugin.ports.get(context, id).row.project_id;
                   }},
    TaggedResource{"/security-groups/{id}/tags", "/security-groups/{id}/tags/{tag}",
                   "security_groups", "update_security_group",
                   [](Plugin& plugin, const openstack::Context& context, const std::string& id) {
                     return plugin.security_groups.get(context, id).row.project_id;
                   }},
    TaggedResource{"/subnetpools/{id}/tags", "/subnetpools/{id}/tags/{tag}", "subnetpools",
                   "update_subnetpool",
                   [](Plugin& plugin, const openstack::Context& context, const std::string& id) {
                     return plugin.subnetpools.get(context, id).project_id;
                   }},
};
constexpr size_t kMaxTags = 50;

using Tags = std::vector<std::string>;

Tags parse_tags(std::string_view json) {
  Tags tags;
  for (const base::Json& tag : store::parse_list(json)) tags.emplace_back(tag.as_string());
  return tags;
}

Tags read_tags(Plugin& plugin, const TaggedResource& resource, const std::string& id) {
  Tags tags;
  plugin.core.read([&](platform::Session& session) {
    session.query("SELECT tags FROM " + std::string(resource.table) + " WHERE id=?", {id},
                  [&](const platform::SqlRow& row) { tags = parse_tags(row.text(0)); });
  });
  return tags;
}

void write_tags(Plugin& plugin, const TaggedResource& resource, const std::string& id, Tags tags) {
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  base::JsonWriter writer;
  writer.value(tags);
  plugin.core.write("write_tags", [&](platform::Session& session, app::Changes&) {
    session.execute("UPDATE " + std::string(resource.table) +
                        " SET tags=?, revision_number=revision_number+1, updated_at=? WHERE id=?",
                    {writer.text(), plugin.core.now(), id});
  });
}

void check_tag(std::string_view tag) {
  if (tag.empty() || tag.size() > 255 || tag.find('/') != std::string_view::npos ||
      tag.find(',') != std::string_view::npos)
    throw app::bad_request("HTTPBadRequest",
                           "Invalid input for operation: '{}' is not a valid tag.", tag);
}

Response tags_response(const Tags& tags) {
  base::JsonWriter writer;
  writer.begin_object();
  writer.field("tags", tags);
  writer.end_object();
  return openstack::json_response(200, writer.take());
}

Response list_tags(Plugin& plugin, const TaggedResource& resource, ApiRequest& request) {
  return tags_response(read_tags(plugin, resource, request.parameter("id")));
}

Response replace(Plugin& plugin, const TaggedResource& resource, ApiRequest& request) {
  const base::Json* given = base::find(request.body, "tags");
  if (!given || !given->is_array()) throw app::bad_request("HTTPBadRequest", "Invalid tags body");
  Tags tags;
  for (const base::Json& tag : given->get_array()) {
    if (!tag.is_string())
      throw app::bad_request("HTTPBadRequest",
                             "Invalid input for tags. Reason: '{}' is not a valid string.",
                             show(tag));
    tags.emplace_back(tag.get_string());
    check_tag(tags.back());
  }
  if (tags.size() > kMaxTags)
    throw app::bad_request("HTTPBadRequest", "Invalid input for tags. Reason: more than {} tags.",
                           kMaxTags);
  write_tags(plugin, resource, request.parameter("id"), tags);
  return tags_response(read_tags(plugin, resource, request.parameter("id")));
}

Response clear(Plugin& plugin, const TaggedResource& resource, ApiRequest& request) {
  write_tags(plugin, resource, request.parameter("id"), {});
  return openstack::empty_response(204);
}

[[noreturn]] void tag_not_found(const std::string& tag) {
  throw app::error(base::ErrorKind::not_found, "TagNotFound", "Tag {} could not be found.", tag);
}

Response probe(Plugin& plugin, const TaggedResource& resource, ApiRequest& request) {
  const Tags tags = read_tags(plugin, resource, request.parameter("id"));
  if (std::find(tags.begin(), tags.end(), request.parameter("tag")) == tags.end())
    tag_not_found(request.parameter("tag"));
  return openstack::empty_response(204);
}

Response add(Plugin& plugin, const TaggedResource& resource, ApiRequest& request) {
  Tags tags = read_tags(plugin, resource, request.parameter("id"));
  check_tag(request.parameter("tag"));
  tags.push_back(request.parameter("tag"));
  write_tags(plugin, resource, request.parameter("id"), std::move(tags));
  return openstack::empty_response(201);
}

Response remove_tag(Plugin& plugin, const TaggedResource& resource, ApiRequest& request) {
  Tags tags = read_tags(plugin, resource, request.parameter("id"));
  if (std::erase(tags, request.parameter("tag")) == 0) tag_not_found(request.parameter("tag"));
  write_tags(plugin, resource, request.parameter("id"), std::move(tags));
  return openstack::empty_response(204);
}

}  // namespace

void add_tags(openstack::Routes& routes, Plugin& plugin) {
  for (const TaggedResource& resource : kTagged) {
    const auto route = [&](std::string_view method, std::string_view path,
                           Response (*handler)(Plugin&, const TaggedResource&, ApiRequest&)) {
      const bool reads = method == "GET";
      routes.push_back({method, path, reads ? "rule_reader" : "rule_writer",
                        [&plugin, &resource, handler, reads](ApiRequest& request) {
                          const std::string owner =
                              resource.owner(plugin, request.context, request.parameter("id"));
                          if (!reads)
                            request.authorize(resource.update_rule, {{"project_id", owner}});
                          return handler(plugin, resource, request);
                        }});
    };
    route("GET", resource.tags_path, list_tags);
    route("PUT", resource.tags_path, replace);
    route("DELETE", resource.tags_path, clear);
    route("GET", resource.tag_path, probe);
    route("PUT", resource.tag_path, add);
    route("DELETE", resource.tag_path, remove_tag);
  }
}

}  // namespace neutron::api
