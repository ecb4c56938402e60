// OS-OAUTH1: consumers.
#include "base/text.hpp"
#include "keystone/api/common.hpp"
#include "keystone/api/routes.hpp"
#include "keystone/app/crud.hpp"
#include "keystone/store/delegation.hpp"

namespace keystone::api {
namespace {

using store::Consumer;

const Schema& consumer_schema() {
  static const Schema schema = entity_schema("consumer", {{"description", kTextOrNull}});
  return schema;
}

JsonObject consumer_view(const Consumer& consumer, const std::string& base) {
  JsonObject view = start_view(consumer.extra, base + "/OS-OAUTH1/consumers/" + consumer.id);
  view["id"] = consumer.id;
  view["description"] = or_null(consumer.description);
  return view;
}

Response list_consumers(Core& core, ApiRequest& request) {
  return list_response(core, request, "consumers", app::list_rows<Consumer>(core, {}),
                       consumer_view);
}

Response show_consumer(Core& core, ApiRequest& request) {
  const auto consumer = app::get_row<Consumer>(core, request.parameter("consumer_id"));
  return entity_response(200, "consumer", consumer_view(consumer, url_base(core, request)));
}

// The secret is shown this once.
Response create_consumer(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "consumer");
  Consumer consumer;
  consumer.secret = core.runtime.random.hex_id();
  take(body, "description", consumer.description);
  take_extra(body, {"description", "secret"}, consumer.extra);
  consumer = app::create_row(core, consumer);
  JsonObject view = consumer_view(consumer, url_base(core, request));
  view["secret"] = consumer.secret;
  return entity_response(201, "consumer", std::move(view));
}

Response update_consumer(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "consumer");
  if (base::find(body, "secret"))
    throw base::Error(base::ErrorKind::bad_request, "Cannot change consumer secret");
  const auto consumer =
      app::update_row<Consumer>(core, request.parameter("consumer_id"), [&](Consumer& row) {
        take(body, "description", row.description);
        take_extra(body, {"description"}, row.extra);
      });
  return entity_response(200, "consumer", consumer_view(consumer, url_base(core, request)));
}

Response remove_consumer(Core& core, ApiRequest& request) {
  app::delete_row<Consumer>(core, request.parameter("consumer_id"));
  return openstack::empty_response(204);
}

}  // namespace

Routes consumers_routes(Core& core) {
  const Bind on(core);
  constexpr std::string_view kAll = "/OS-OAUTH1/consumers";
  constexpr std::string_view kOne = "/OS-OAUTH1/consumers/{consumer_id}";
  return {
      {"GET", kAll, "identity:list_consumers", on(list_consumers)},
      {"POST", kAll, "identity:create_consumer", on(create_consumer), &consumer_schema()},
      {"GET", kOne, "identity:get_consumer", on(show_consumer)},
      {"PATCH", kOne, "identity:update_consumer", on(update_consumer), &consumer_schema()},
      {"DELETE", kOne, "identity:delete_consumer", on(remove_consumer)},
  };
}

}  // namespace keystone::api
