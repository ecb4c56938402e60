// What the handlers of glance-api share: the way to the registry and the store.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "glance/api/image_attributes.hpp"
#include "glance/api/image_cache.hpp"
#include "glance/api/import_rules.hpp"
#include "glance/api/property_protection.hpp"
#include "glance/api/running_work.hpp"
#include "glance/drivers/stores.hpp"
#include "glance/drivers/web_source.hpp"
#include "glance/formats/inspection.hpp"
#include "glance/messages.hpp"
#include "glance/task_messages.hpp"
#include "openstack/api.hpp"
#include "openstack/paging.hpp"
#include "platform/bus/bus.hpp"
#include "platform/runtime.hpp"

namespace glance::api {

// Most of what one image may have; below zero: any number.
struct ImageQuotas {
  int64_t members = 128;
  int64_t properties = 128;
  int64_t tags = 128;
  int64_t locations = 10;
  int64_t storage = 0;  // bytes of all images of a project; zero: any number
};

// Where endpoints of services are found.
struct Catalog {
  platform::http::Transport& transport;
  std::string keystone_url;  // "http://127.0.0.1:5000"
};

// References outlive the routes.
struct ImageApi {
  platform::Runtime runtime;
  platform::Bus& bus;
  const drivers::Stores& stores;
  drivers::ImageStore& staging;  // of bytes that wait to be imported
  RunningWork<ContinueUpload>& uploads;
  RunningWork<ContinueImport>& imports;
  int64_t max_limit = 1000;
  int64_t default_limit = 25;
  int64_t size_cap = 0;  // bytes of one image
  formats::Rules format_rules;
  ImageQuotas quotas;
  ImageFormats image_formats;  // that images may be declared to have
  ImportRules import_rules;
  std::shared_ptr<const PropertyProtection> protection;
  std::shared_ptr<ImageCache> cache;  // null: off
  const drivers::WebSource& web;      // to where users say
  const Catalog& catalog;
  bool shows_locations = false;   // show_multiple_locations
  bool shows_direct_url = false;  // show_image_direct_url
  // Begins a task that needs the caller's token, which is told to nobody else.
  std::function<void(const openstack::Context&, const std::string& task_id,
                     const std::string& token)>
      run_here = {};

  // Calls the registry in the name of the request's user; a second time if the one that had it died
  // and it may be repeated (kRepeatable).
  template <class T>
  typename T::Reply registry(const openstack::Context& context, const T& request,
                             base::Duration timeout = std::chrono::seconds{30}) const {
    const auto ask = [&] {
      return platform::call<T>(bus, std::string(kRegistryTopic),
                               platform::make_message(runtime.random.uuid(), context.request_id,
                                                      openstack::to_json(context), request),
                               timeout);
    };
    if constexpr (requires { T::kRepeatable; }) {
      const base::SteadyTime late = runtime.clock.steady() + timeout / 2;
      try {
        return ask();
      } catch (const base::Error& error) {
        if (error.kind() != base::ErrorKind::timeout || runtime.clock.steady() > late) throw;
      }
    }
    return ask();
  }
  [[nodiscard]] static Viewer viewer(const openstack::Context& context) {
    return {context.project_id(), context.is_admin()};
  }
  // The image that the path names, if the caller may see it.
  [[nodiscard]] Image visible_image(const openstack::ApiRequest& request) const {
    return registry(request.context,
                    GetImage{request.parameter("image_id"), viewer(request.context)});
  }
  // The same, if the caller owns it (or is an admin): who may see but not change gets a 403.
  [[nodiscard]] Image own_image(const openstack::ApiRequest& request) const;
  // As they are to be read: those of the store with the greatest weight first.
  [[nodiscard]] std::vector<ImageLocation> by_weight(std::vector<ImageLocation> locations) const;
  // Bytes of the image, of the cache or the first store that gives them; as ImageStore::open. What
  // no upload has brought is inspected on its way.
  [[nodiscard]] std::shared_ptr<platform::http::BodySource> open_data(
      const Image& image, uint64_t offset, std::optional<uint64_t> length) const;
  // The same past the cache.
  [[nodiscard]] std::shared_ptr<platform::http::BodySource> open_in_store(
      const Image& image, uint64_t offset, std::optional<uint64_t> length) const;
};

// Whether the registry says by it that the bytes become no image's: they may be removed.
[[nodiscard]] inline bool refuses_bytes(const base::Error& error) {
  return error.kind() == base::ErrorKind::gone || error.kind() == base::ErrorKind::too_large;
}

// Throws Error(unsupported_media_type) for a body that is not declared as bytes.
void require_octet_stream(const openstack::ApiRequest& request);

// A page's order, as the registry takes it.
[[nodiscard]] std::vector<SortBy> sort_of(const openstack::Page& page);

// "/v2/images?limit=2": the path and the request's query without its marker.
[[nodiscard]] std::string first_page_url(std::string_view path,
                                         const openstack::ApiRequest& request);

// The rows of each resource.
[[nodiscard]] openstack::Routes image_routes(const ImageApi& api);
[[nodiscard]] openstack::Routes image_data_routes(const ImageApi& api);
[[nodiscard]] openstack::Routes image_import_routes(const ImageApi& api);
[[nodiscard]] openstack::Routes task_routes(const ImageApi& api);
[[nodiscard]] openstack::Routes store_routes(const ImageApi& api);
[[nodiscard]] openstack::Routes cache_routes(const ImageApi& api);
[[nodiscard]] openstack::Routes image_member_routes(const ImageApi& api);
[[nodiscard]] openstack::Routes image_tag_routes(const ImageApi& api);
[[nodiscard]] openstack::Routes metadef_namespace_routes(const ImageApi& api);
[[nodiscard]] openstack::Routes metadef_object_routes(const ImageApi& api);
[[nodiscard]] openstack::Routes metadef_property_routes(const ImageApi& api);
[[nodiscard]] openstack::Routes metadef_tag_routes(const ImageApi& api);
[[nodiscard]] openstack::Routes metadef_resource_type_routes(const ImageApi& api);
[[nodiscard]] openstack::Routes schema_routes(const ImageApi& api);
// GET / and /versions.
[[nodiscard]] openstack::Routes version_routes(const ImageApi& api);

[[nodiscard]] std::span<const openstack::PolicyRule> policies();

}  // namespace glance::api
