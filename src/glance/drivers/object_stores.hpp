// Image stores at object storages, over HTTP.
#pragma once

#include <memory>
#include <string>

#include "glance/drivers/aws_signature.hpp"
#include "glance/drivers/image_store.hpp"
#include "glance/drivers/web_source.hpp"
#include "platform/http/client.hpp"
#include "platform/runtime.hpp"

namespace glance::drivers {

// What a store needs of its process; outlives it.
struct StoreEnvironment {
  platform::http::Transport& transport;
  platform::Runtime runtime;
  std::shared_ptr<const WebSource> web = {};  // of stores of type http
};

struct S3Options {
  std::string endpoint;  // "https://s3.example.org"
  AwsCredentials credentials;
  std::string bucket;
  bool create_bucket = false;
  size_t chunk = size_t{10} << 20;  // bytes; 5 MiB at least
};

// Path-style addresses, multipart uploads. All objects of the bucket that are named as uploads are
// this cloud's: list() tells them, and the uploads that were not completed.
[[nodiscard]] std::unique_ptr<ImageStore> make_s3_store(StoreEnvironment environment,
                                                        S3Options options);

struct SwiftOptions {
  std::string reference;     // names the store in locations
  std::string auth_address;  // "https://keystone.example.org:5000/v3"
  int auth_version = 3;      // 1: TempAuth's; 3: Keystone's
  std::string user;          // "project:user"; TempAuth: "account:user"
  std::string key;           // never logged
  std::string domain_id = "default";
  std::string region;  // of the catalog; empty: any
  std::string interface = "public";
  std::string container;
  bool create_container = false;
  size_t chunk = size_t{32} << 20;  // bytes of a segment of a large object
};

// Large images are dynamic large objects: segments NAME/00000001 and a manifest NAME. Containers as
// buckets above.
[[nodiscard]] std::unique_ptr<ImageStore> make_swift_store(const StoreEnvironment& environment,
                                                           SwiftOptions options);

}  // namespace glance::drivers
