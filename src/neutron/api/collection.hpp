// The five operations on a resource, the same for all: what differs is data and a few functions.
#pragma once

#include <functional>
#include <memory>

#include "neutron/api/attribute.hpp"
#include "neutron/api/listing.hpp"
#include "neutron/api/view.hpp"
#include "neutron/app/core.hpp"

namespace neutron::api {

using openstack::ApiRequest;
using openstack::PolicyTarget;
using platform::http::Response;

// A rule of the policy table that guards one attribute: "create_network:shared".
struct AttributeRule {
  std::string_view attribute;
  std::string_view rule;
};
// Those of the table that start with "<action>_<singular>:".
[[nodiscard]] std::vector<AttributeRule> attribute_rules(std::string_view action,
                                                         const ResourceType& type);
// Names that the caller may not see.
[[nodiscard]] std::vector<std::string_view> hidden_attributes(
    const ApiRequest& request, const std::vector<AttributeRule>& rules);

// What a resource is made of. `Service` is its class in app/.
template <class Service>
struct CollectionParts {
  using Entity = typename Service::Entity;

  app::Core& core;
  Service& service;
  const ResourceType& type;
  // Rows of others that the context may see.
  store::Alternatives (*visible)(const openstack::Context&);
  void (*write)(ObjectView& view, const Entity& entity);
  const std::string& (*id_of)(const Entity& entity);
  // What the policy of a read, change or delete looks at.
  std::function<PolicyTarget(ApiRequest&, const Entity&)> target;
  // The same for a create. Throws if what the body refers to is not there.
  std::function<PolicyTarget(ApiRequest&, const Attributes&)> create_target;
  CustomFilter filter = nullptr;
  // More rules on what the client gave: sub-attributes, values.
  std::function<void(ApiRequest&, std::string_view action, const Attributes&, const PolicyTarget&)>
      authorize_more;
  // Before a list is read.
  std::function<void(ApiRequest&)> before_list;
};

template <class Service>
class Collection {
 public:
  using Entity = typename Service::Entity;

  explicit Collection(CollectionParts<Service> parts)
      : parts_(std::move(parts)),
        get_rules_(attribute_rules("get", parts_.type)),
        create_rules_(attribute_rules("create", parts_.type)),
        update_rules_(attribute_rules("update", parts_.type)),
        create_rule_("create_" + std::string(parts_.type.singular)),
        update_rule_("update_" + std::string(parts_.type.singular)),
        delete_rule_("delete_" + std::string(parts_.type.singular)) {}

  Response list(ApiRequest& request) {
    if (parts_.before_list) parts_.before_list(request);
    const Listing listing = read_listing(parts_.core, parts_.type, request,
                                         parts_.visible(request.context), parts_.filter);
    Selection selection(listing.fields, hidden_attributes(request, get_rules_));
    base::JsonWriter writer;
    writer.begin_object();
    writer.key(parts_.type.plural);
    writer.begin_array();
    size_t count = 0;
    std::string first_id;
    std::string last_id;
    each(request, listing, [&](const Entity& entity) {
      if (count++ == 0) first_id = parts_.id_of(entity);
      last_id = parts_.id_of(entity);
      ObjectView view(writer, selection);
      parts_.write(view, entity);
    });
    writer.end_array();
    write_page_links(writer, parts_.type, request, listing, count, first_id, last_id);
    writer.end_object();
    return openstack::json_response(200, writer.take());
  }

  Response show(ApiRequest& request) {
    const Entity entity = parts_.service.get(request.context, request.parameter("id"));
    return answer(request, 200, entity, read_fields(request));
  }

  Response create(ApiRequest& request) {
    const CreateBody body = read_create_body(parts_.type, request);
    for (size_t i = 0; i < body.items.size(); ++i) {
      const PolicyTarget target = parts_.create_target(request, body.items[i]);
      request.authorize(create_rule_, target);
      for (const AttributeRule& rule : create_rules_)
        if (std::find(body.given[i].begin(), body.given[i].end(), rule.attribute) !=
            body.given[i].end())
          request.authorize(rule.rule, target);
      if (parts_.authorize_more) parts_.authorize_more(request, "create", body.items[i], target);
    }
    const auto entities = parts_.service.create(request.context, body.items);
    if (!body.bulk) return answer(request, 201, entities.front(), {});
    Selection selection({}, hidden_attributes(request, get_rules_));
    base::JsonWriter writer;
    writer.begin_object();
    writer.key(parts_.type.plural);
    write_all(writer, selection, entities);
    writer.end_object();
    return openstack::json_response(201, writer.take());
  }

  Response update(ApiRequest& request) {
    const Attributes changes = read_update_body(parts_.type, request);
    const app::Precondition precondition = read_precondition(request);
    const std::string& id = request.parameter("id");
    const Entity before = parts_.service.get(request.context, id);
    const PolicyTarget target = parts_.target(request, before);
    request.authorize(update_rule_, target);
    for (const AttributeRule& rule : update_rules_)
      if (app::has(changes, rule.attribute)) request.authorize(rule.rule, target);
    if (parts_.authorize_more) parts_.authorize_more(request, "update", changes, target);
    if constexpr (requires { parts_.service.update(request.context, id, changes, precondition); }) {
      return answer(request, 200, parts_.service.update(request.context, id, changes, precondition),
                    {});
    } else {
      throw base::Error(base::ErrorKind::not_found, "The resource could not be found.");
    }
  }

  Response remove(ApiRequest& request) {
    const app::Precondition precondition = read_precondition(request);
    const std::string& id = request.parameter("id");
    const Entity before = parts_.service.get(request.context, id);
    request.authorize(delete_rule_, parts_.target(request, before));
    parts_.service.remove(request.context, id, precondition);
    return openstack::empty_response(204);
  }

 private:
  // Those of the page, in its order.
  template <class F>
  void each(ApiRequest& request, const Listing& listing, F write) {
    if constexpr (requires { parts_.service.each(request.context, listing.query, write); }) {
      if (!listing.reverse) return parts_.service.each(request.context, listing.query, write);
    }
    auto entities = parts_.service.list(request.context, listing.query);
    if (listing.reverse) std::reverse(entities.begin(), entities.end());
    std::for_each(entities.begin(), entities.end(), write);
  }

  void write_all(base::JsonWriter& writer, Selection& selection,
                 const std::vector<Entity>& entities) {
    writer.begin_array();
    for (const Entity& entity : entities) {
      ObjectView view(writer, selection);
      parts_.write(view, entity);
    }
    writer.end_array();
  }

  Response answer(ApiRequest& request, int status, const Entity& entity,
                  std::vector<std::string> fields) {
    Selection selection(std::move(fields), hidden_attributes(request, get_rules_));
    base::JsonWriter writer;
    writer.begin_object();
    writer.key(parts_.type.singular);
    {
      ObjectView view(writer, selection);
      parts_.write(view, entity);
    }
    writer.end_object();
    return openstack::json_response(status, writer.take());
  }

  CollectionParts<Service> parts_;
  std::vector<AttributeRule> get_rules_;
  std::vector<AttributeRule> create_rules_;
  std::vector<AttributeRule> update_rules_;
  std::string create_rule_;
  std::string update_rule_;
  std::string delete_rule_;
};

// Adds the routes of a collection. The rule of a route is only the first look: who may see or write
// anything at all; the handler asks the resource's own rules with the resource as target.
template <class Service>
void add_routes(openstack::Routes& routes, CollectionParts<Service> parts) {
  const ResourceType& type = parts.type;
  auto collection = std::make_shared<Collection<Service>>(std::move(parts));
  const auto route = [&](std::string_view method, std::string_view path, std::string_view policy,
                         Response (Collection<Service>::*handler)(ApiRequest&)) {
    routes.push_back({method, path, policy, [collection, handler](ApiRequest& request) {
                        return ((*collection).*handler)(request);
                      }});
  };
  route("GET", type.path, "rule_reader", &Collection<Service>::list);
  route("POST", type.path, "rule_writer", &Collection<Service>::create);
  route("GET", type.item_path, "rule_reader", &Collection<Service>::show);
  if (type.updatable) route("PUT", type.item_path, "rule_writer", &Collection<Service>::update);
  route("DELETE", type.item_path, "rule_writer", &Collection<Service>::remove);
}

}  // namespace neutron::api
