#include "neutron/api/attribute.hpp"

#include "base/text.hpp"
#include "neutron/app/errors.hpp"

namespace neutron::api {
namespace {

using app::bad_request;

constexpr std::string_view kBadRequest = "HTTPBadRequest";

void check_and_convert(const Attribute& attribute, base::Json& value) {
  if (attribute.validate)
    if (const auto reason = attribute.validate(value))
      throw bad_request(kBadRequest, "Invalid input for {}. Reason: {}.", attribute.name, *reason);
  if (attribute.convert) value = attribute.convert(value);
}

void refuse_unknown(const ResourceType& type, const Attributes& attributes) {
  std::string unknown;
  for (const auto& [name, value] : attributes)
    if (!find_attribute(type, name) && name != "tenant_id")
      unknown += (unknown.empty() ? "" : ", ") + std::string(name);
  if (!unknown.empty()) throw bad_request(kBadRequest, "Unrecognized attribute(s) '{}'", unknown);
}

// Both names of the owner mean the same; only an administrator may name another project.
void read_project(const openstack::Context& context, Attributes& attributes) {
  const bool has_tenant = app::has(attributes, "tenant_id");
  const bool has_project = app::has(attributes, "project_id");
  if (has_tenant && has_project &&
      app::text(attributes, "tenant_id") != app::text(attributes, "project_id"))
    throw bad_request(kBadRequest, "'project_id' and 'tenant_id' do not match");
  std::string project = app::text(attributes, has_project ? "project_id" : "tenant_id");
  attributes.erase("tenant_id");
  if (project.empty()) project = context.project_id();
  if (project.empty())
    throw bad_request(kBadRequest,
                      "Running without keystone AuthN requires that tenant_id is specified");
  if (project != context.project_id() && !context.is_admin())
    throw bad_request(kBadRequest,
                      "Specifying 'project_id' or 'tenant_id' other than the authenticated project "
                      "in request requires admin privileges");
  attributes["project_id"] = project;
}

Attributes complete(const ResourceType& type, const openstack::Context& context,
                    const base::Json& item) {
  if (!item.is_object())
    throw bad_request(kBadRequest, "Unable to find '{}' in request body", type.singular);
  Attributes attributes = item.get_object();
  refuse_unknown(type, attributes);
  read_project(context, attributes);
  for (const Attribute& attribute : type.attributes) {
    base::Json* value = attributes.if_contains(attribute.name);
    if (value && !attribute.post)
      throw bad_request(kBadRequest, "Attribute '{}' not allowed in POST", attribute.name);
    if (!value && attribute.required)
      throw bad_request(kBadRequest,
                        "Failed to parse request. Required attribute '{}' not specified",
                        attribute.name);
    if (!value && attribute.default_value.empty()) continue;
    if (!value) {
      attributes[attribute.name] = boost::json::parse(attribute.default_value);
      continue;
    }
    check_and_convert(attribute, *value);
  }
  return attributes;
}

std::vector<std::string_view> given_names(const ResourceType& type, const base::Json& item) {
  std::vector<std::string_view> names;
  if (!item.is_object()) return names;
  for (const Attribute& attribute : type.attributes) {
    const base::Json* value = item.get_object().if_contains(attribute.name);
    if (!value) continue;
    // A value that is the default anyway asks for nothing.
    const bool is_default =
        !attribute.default_value.empty() && *value == boost::json::parse(attribute.default_value);
    if (!is_default) names.push_back(attribute.name);
  }
  return names;
}

}  // namespace

const Attribute* find_attribute(const ResourceType& type, std::string_view name) {
  for (const Attribute& attribute : type.attributes)
    if (attribute.name == name) return &attribute;
  return nullptr;
}

CreateBody read_create_body(const ResourceType& type, const openstack::ApiRequest& request) {
  if (!request.body.is_object()) throw bad_request(kBadRequest, "Resource body required");
  CreateBody body;
  const base::Json* list = base::find(request.body, type.plural);
  const base::Json* single = base::find(request.body, type.singular);
  if (list && list->is_array()) {
    if (list->get_array().empty()) throw bad_request(kBadRequest, "Resources required");
    body.bulk = true;
    for (const base::Json& item : list->get_array()) {
      body.given.push_back(given_names(type, item));
      body.items.push_back(complete(type, request.context, item));
    }
    return body;
  }
  if (!single) throw bad_request(kBadRequest, "Unable to find '{}' in request body", type.singular);
  body.given.push_back(given_names(type, *single));
  body.items.push_back(complete(type, request.context, *single));
  return body;
}

Attributes read_update_body(const ResourceType& type, const openstack::ApiRequest& request) {
  if (!request.body.is_object()) throw bad_request(kBadRequest, "Resource body required");
  const base::Json* item = base::find(request.body, type.singular);
  if (!item || !item->is_object())
    throw bad_request(kBadRequest, "Unable to find '{}' in request body", type.singular);
  Attributes attributes = item->get_object();
  refuse_unknown(type, attributes);
  for (auto& [name, value] : attributes) {
    const Attribute* attribute = find_attribute(type, name);
    if (!attribute || !attribute->put)
      throw bad_request(kBadRequest, "Cannot update read-only attribute {}",
                        std::string_view(name));
    check_and_convert(*attribute, value);
  }
  return attributes;
}

}  // namespace neutron::api
