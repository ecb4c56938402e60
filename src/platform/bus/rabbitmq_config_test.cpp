#include <gtest/gtest.h>

#include "base/error.hpp"
#include "platform/bus/rabbitmq.hpp"

namespace platform {
namespace {

std::string refusal_of_url(const std::string& url) {
  try {
    (void)parse_transport_url(url);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "taken";
}

TEST(TransportUrl, NamesBrokersAndAVirtualHost) {
  const TransportUrl url =
      parse_transport_url("rabbit://nova:p%40ss@one:5673,nova2:other@[::1],three:5674/cloud");
  ASSERT_EQ(url.brokers.size(), 3u);
  EXPECT_FALSE(url.tls);
  EXPECT_EQ(url.virtual_host, "cloud");
  EXPECT_EQ(url.brokers[0].host, "one");
  EXPECT_EQ(url.brokers[0].port, 5673);
  EXPECT_EQ(url.brokers[0].user, "nova");
  EXPECT_EQ(url.brokers[0].password, "p@ss");
  EXPECT_EQ(url.brokers[1].host, "::1");
  EXPECT_EQ(url.brokers[1].port, 5672);
  EXPECT_EQ(url.brokers[1].password, "other");
  EXPECT_EQ(url.brokers[2].user, "nova2");
}

TEST(TransportUrl, HasDefaults) {
  const TransportUrl url = parse_transport_url("rabbit://");
  EXPECT_EQ(url.brokers.at(0).host, "localhost");
  EXPECT_EQ(url.brokers.at(0).port, 5672);
  EXPECT_EQ(url.brokers.at(0).user, "guest");
  EXPECT_EQ(url.virtual_host, "/");
  EXPECT_EQ(parse_transport_url("amqps://one/").brokers.at(0).port, 5671);
  EXPECT_TRUE(parse_transport_url("amqps://one/").tls);
  EXPECT_EQ(parse_transport_url("rabbit://one//slash").virtual_host, "/slash");
}

TEST(TransportUrl, IsRefusedWithoutTellingAPassword) {
  EXPECT_NE(refusal_of_url("kafka://one").find("scheme 'kafka'"), std::string::npos);
  EXPECT_NE(refusal_of_url("one:5672").find("has no scheme"), std::string::npos);
  const std::string refusal = refusal_of_url("rabbit://nova:secret@one:99999/");
  EXPECT_NE(refusal.find("99999"), std::string::npos);
  EXPECT_EQ(refusal.find("secret"), std::string::npos);
}

TEST(TransportUrl, IsShownWithoutCredentials) {
  EXPECT_EQ(without_credentials(parse_transport_url("rabbit://a:secret@one,b:secret@two:1/v")),
            "rabbit://one:5672,two:1/v");
}

TEST(RabbitmqOptions, ComeFromOslosOptions) {
  Config config({bus_options()});
  EXPECT_FALSE(has_broker(config));
  config.parse(
      "[DEFAULT]\ntransport_url = rabbit://nova:secret@one/\n"
      "[oslo_messaging_rabbit]\nssl = true\nssl_ca_file = /ca.pem\n"
      "heartbeat_timeout_threshold = 15\n",
      "nova.conf");
  ASSERT_TRUE(has_broker(config));
  const RabbitmqOptions options = rabbitmq_options(config, "nova");
  EXPECT_TRUE(options.url.tls);
  EXPECT_EQ(options.exchange, "nova");
  EXPECT_EQ(options.tls_ca_file, "/ca.pem");
  EXPECT_EQ(options.heartbeat, std::chrono::seconds{15});
  config.set("oslo_messaging_rabbit", "ssl_cert_file", "/client.pem");
  EXPECT_THROW((void)rabbitmq_options(config, "nova"), base::Error);
}

}  // namespace
}  // namespace platform
