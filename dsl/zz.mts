import g from './grammar.ohm-bundle.js'
import {builder} from './tree.ts'
const src={path:'a',offset:0,doc:()=>'',fault:()=>{}}
const t=(name:string,mk:(n:number)=>string)=>{ for (const phase of ['match','build']) { let n=10; for(;;n+=10){ 
 try { const m=g.match(mk(n),'Expr'); if(phase==='build'){ builder(src)(m)} } catch(e) { break } } console.log(name,phase,'overflows at',n)}}
t('paren',n=>'('.repeat(n)+'a'+')'.repeat(n))
t('call',n=>'f('.repeat(n)+'a'+')'.repeat(n))
t('slice',n=>'f[a:'.repeat(n)+'a'+']'.repeat(n))
t('named',n=>'f(x,x=1+'.repeat(n)+'a'+')'.repeat(n))
t('if',n=>'if a then b else '.repeat(n)+'a')
t('rep',n=>'repeat l < 3 (a=b) { a ='.repeat(n)+'a'+'}'.repeat(n))
const depth=()=>{let d=0; const f=():void=>{d++; f()}; try{f()}catch{}; return d}; console.log(depth())
