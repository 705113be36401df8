//! The examples of the recommendation, chapter 3, without their document types (which are refused
//! here), and what they leave out.

use roxmltree::Document;

use super::*;

fn canonical(text: &str, comments: Comments) -> String {
    let document = Document::parse(text).unwrap();
    let mut writer = Writer { out: Vec::new(), comments, without: None };
    writer.document(document.root());
    String::from_utf8(writer.out).unwrap()
}

fn becomes(text: &str, expected: &str) {
    assert_eq!(canonical(text, Comments::LeftOut), expected);
    // What is canonical stays as it is.
    assert_eq!(canonical(expected, Comments::LeftOut), expected);
}

#[test]
fn instructions_and_comments_outside_the_root_element() {
    let text = "<?xml version=\"1.0\"?>\n\n<?xml-stylesheet   href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n\n\
        <doc>Hello, world!<!-- Comment 1 --></doc>\n\n<?pi-without-data     ?>\n\n<!-- Comment 2 -->\n\n<!-- Comment 3 -->\n";
    let style = "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n";
    becomes(text, &format!("{style}<doc>Hello, world!</doc>\n<?pi-without-data?>"));
    let commented = "<doc>Hello, world!<!-- Comment 1 --></doc>\n<?pi-without-data?>\n<!-- Comment 2 -->\n<!-- Comment 3 -->";
    assert_eq!(canonical(text, Comments::Kept), format!("{style}{commented}"));
}

#[test]
fn space_in_content_is_kept() {
    let text = "<doc>\n   <clean>   </clean>\n   <dirty>   A   B   </dirty>\n   <mixed>\n      A\n      <clean>   </clean>\n      \
        B\n      <dirty>   A   B   </dirty>\n      C\n   </mixed>\n</doc>";
    becomes(text, text);
}

#[test]
fn start_and_end_tags() {
    let text = r#"<doc>
   <e1   />
   <e2   ></e2>
   <e3   name = "elem3"   id="elem3"   />
   <e4   name="elem4"   id="elem4"   ></e4>
   <e5 a:attr="out" b:attr="sorted" attr2="all" attr="I'm"
      xmlns:b="http://www.ietf.org"
      xmlns:a="http://www.w3.org"
      xmlns="http://example.org"/>
   <e6 xmlns="" xmlns:a="http://www.w3.org">
      <e7 xmlns="http://www.ietf.org">
         <e8 xmlns="" xmlns:a="http://www.w3.org">
            <e9 xmlns="" xmlns:a="http://www.ietf.org" attr="default"/>
         </e8>
      </e7>
   </e6>
</doc>"#;
    let expected = r#"<doc>
   <e1></e1>
   <e2></e2>
   <e3 id="elem3" name="elem3"></e3>
   <e4 id="elem4" name="elem4"></e4>
   <e5 xmlns="http://example.org" xmlns:a="http://www.w3.org" xmlns:b="http://www.ietf.org" attr="I'm" attr2="all" b:attr="sorted" a:attr="out"></e5>
   <e6 xmlns:a="http://www.w3.org">
      <e7 xmlns="http://www.ietf.org">
         <e8 xmlns="">
            <e9 xmlns:a="http://www.ietf.org" attr="default"></e9>
         </e8>
      </e7>
   </e6>
</doc>"#;
    becomes(text, expected);
}

#[test]
fn character_modifications_and_references() {
    let text = r#"<doc>
   <text>First line&#x0d;&#10;Second line</text>
   <value>&#x32;</value>
   <compute><![CDATA[value>"0" && value<"10" ?"valid":"error"]]></compute>
   <compute expr='value>"0" &amp;&amp; value&lt;"10" ?"valid":"error"'>valid</compute>
   <norm attr=' &apos;   &#x20;&#13;&#xa;&#9;   &apos; '/>
</doc>"#;
    let expected = r#"<doc>
   <text>First line&#xD;
Second line</text>
   <value>2</value>
   <compute>value&gt;"0" &amp;&amp; value&lt;"10" ?"valid":"error"</compute>
   <compute expr="value>&quot;0&quot; &amp;&amp; value&lt;&quot;10&quot; ?&quot;valid&quot;:&quot;error&quot;">valid</compute>
   <norm attr=" '    &#xD;&#xA;&#x9;   ' "></norm>
</doc>"#;
    becomes(text, expected);
}

#[test]
fn letters_are_utf_8_and_stay_as_they_are_composed() {
    becomes("<doc>&#169;</doc>", "<doc>\u{a9}</doc>");
    becomes("<doc>\u{439} \u{438}\u{306} &#x1F600;</doc>", "<doc>\u{439} \u{438}\u{306} \u{1f600}</doc>");
}

#[test]
fn spaces_of_an_attribute_that_are_written_become_spaces() {
    becomes("<a b='1\t2\n3'/>", "<a b=\"1 2 3\"></a>");
}

#[test]
fn two_prefixes_of_one_namespace_are_kept_apart() {
    becomes(
        "<q:a xmlns:p='u' xmlns:q='u' q:x='1' p:a='2'><p:b/></q:a>",
        "<q:a xmlns:p=\"u\" xmlns:q=\"u\" p:a=\"2\" q:x=\"1\"><p:b></p:b></q:a>",
    );
}

#[test]
fn a_namespace_is_declared_where_it_changes() {
    becomes(
        "<a xmlns='u' xmlns:p='v'><b xmlns='u' xmlns:p='v'><c xmlns:p='w'><d xmlns:p='v'/></c></b></a>",
        "<a xmlns=\"u\" xmlns:p=\"v\"><b><c xmlns:p=\"w\"><d xmlns:p=\"v\"></d></c></b></a>",
    );
}

#[test]
fn an_element_of_a_document_inherits_namespaces_and_xml_attributes() {
    let text = "<a xmlns='u' xmlns:p='v' xml:lang='kk' xml:space='preserve' id='1'><b xml:lang='ru'><!-- c --><c p:x='1'>&#13;</c></b></a>";
    let document = Document::parse(text).unwrap();
    let b = document.root_element().first_element_child().unwrap();
    let open = "<b xmlns=\"u\" xmlns:p=\"v\" xml:lang=\"ru\" xml:space=\"preserve\">";
    let rest = "<c p:x=\"1\">&#xD;</c></b>";
    assert_eq!(String::from_utf8(element(b, Comments::Kept)).unwrap(), format!("{open}<!-- c -->{rest}"));
    assert_eq!(String::from_utf8(element(b, Comments::LeftOut)).unwrap(), format!("{open}{rest}"));
    let c = b.first_element_child().unwrap();
    let expected = "<c xmlns=\"u\" xmlns:p=\"v\" xml:lang=\"ru\" xml:space=\"preserve\" p:x=\"1\">&#xD;</c>";
    assert_eq!(String::from_utf8(element(c, Comments::Kept)).unwrap(), expected);
}

#[test]
fn the_signature_is_left_out_and_nothing_beside_it() {
    let parsed = Document::parse("<a> <s><b/></s>\n<s/>x</a>").unwrap();
    let signature = parsed.root_element().first_element_child().unwrap();
    let found = document(parsed.root(), Some(signature.id()));
    assert_eq!(String::from_utf8(found).unwrap(), "<a> \n<s></s>x</a>");
}
