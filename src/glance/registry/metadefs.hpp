// What glance-registry does with metadata definitions.
#pragma once

#include "glance/metadef_messages.hpp"
#include "platform/database/database.hpp"
#include "platform/runtime.hpp"

namespace glance::registry {

// What the messages do. Thread-safe. Errors as the messages document them.
class Metadefs {
 public:
  Metadefs(platform::Runtime runtime, platform::Database& database)
      : runtime_(runtime), database_(database) {}

  MetadefContents add_namespace(const AddMetadefNamespace& request);
  [[nodiscard]] MetadefContents get_namespace(const GetMetadefNamespace& request);
  [[nodiscard]] MetadefNamespaceList list_namespaces(const ListMetadefNamespaces& request);
  MetadefNamespace update_namespace(const UpdateMetadefNamespace& request);
  void remove_namespace(const DeleteMetadefNamespace& request);

  MetadefList add(const AddMetadefs& request);
  [[nodiscard]] Metadef get(const GetMetadef& request);
  [[nodiscard]] MetadefList list(const ListMetadefs& request);
  Metadef update(const UpdateMetadef& request);
  void remove(const DeleteMetadefs& request);
  [[nodiscard]] MetadefList list_resource_types();

 private:
  platform::Runtime runtime_;
  platform::Database& database_;
};

// Adds one handler per message.
void add_handlers(platform::Dispatcher& dispatcher, Metadefs& metadefs);

}  // namespace glance::registry
